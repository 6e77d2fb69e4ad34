import cf from 'cloudfront';

// Where a name stands for the nearest region, which is the behaviour's own origin. Tickets open sockets, and grants are
// named on them, in the region that made them: so they are asked for where sockets are opened, at the nearest.
function writeHome(request) {
    const path = request.uri;
    if (reads(request) ? readsAtHome(path) : !path.startsWith('/api/realtime/')) cf.selectRequestOriginById('api');
}
