// A Location says the viewer's own words again, so nothing in it may end the header or leave the site: what is not
// printable ASCII is encoded, and no path may begin with two slashes, which would be another host's.
function redirected(status, location, query, keepers) {
    const said = (query ? location + '?' + query : location).replace(/[^!-~]+/g, encodeURIComponent);
    return {
        statusCode: status,
        statusDescription: status === 307 ? 'Temporary Redirect' : 'Moved Permanently',
        headers: { location: { value: said }, 'cache-control': { value: keepers } }
    };
}

function queryOf(request) {
    const query = request.querystring;
    return Object.keys(query).map(name => sent(query[name]).map(value => name + '=' + value).join('&')).join('&');
}
