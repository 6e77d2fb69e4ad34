// Whether X-Ray is to have the trace of a request: of SHARE in a hundred, drawn by CloudFront's id of it, which no viewer
// chooses. Overwrites what a viewer may have sent under that name, for each trace is paid for.
function trace(request, event) {
    const drawn = require('crypto').createHash('sha256').update(String(event.context.requestId)).digest('hex');
    const id = '1-' + Math.floor(Date.now() / 1000).toString(16) + '-' + drawn.slice(8, 32);
    const sampled = parseInt(drawn.slice(0, 8), 16) % 100 < SHARE ? 1 : 0;
    request.headers['x-amzn-trace-id'] = { value: 'Root=' + id + ';Sampled=' + sampled };
}
