// Tells the origin which host the viewer asked for: the origin's own Host is API Gateway's. Overwrites what a viewer
// may have sent under that name, so that what arrives with the edge's secret is the edge's word.
function viewerHost(request) {
    request.headers['x-viewer-host'] = { value: request.headers.host.value };
}
