// An address of the web client's own, which has no extension, is its page: there the client looks at the address.
function singlePage(request) {
    if (/^\/(api|media|ws)(\/|$)/.test(request.uri)) return;
    if (/(^|\/)[^.\/]*$/.test(request.uri)) request.uri = '/index.html';
}
