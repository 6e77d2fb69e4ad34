// One address for each thing: of the site without www, and without slashes where a path begins twice or ends.
// Reads alone are sent on: a browser sends a form again as a GET.
function canonicalAddress(request) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    const host = request.headers.host.value;
    const path = request.uri.replace(/^[\/\\]+/, '/').replace(/(.)\/+$/, '$1');
    const www = host.slice(0, 4) === 'www.';
    if (!www && path === request.uri) return undefined;
    return redirected(301, www ? 'https://' + host.slice(4) + path : path, queryOf(request), 'public, max-age=3600');
}
