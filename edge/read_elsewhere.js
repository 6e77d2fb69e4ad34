import cf from 'cloudfront';

// Where no name stands for the nearest region: home is the behaviour's own origin, and a second region answers what only
// reads while home does not. AWS's page on origin modification gives the ids as objects in its example and as strings in
// its text: were the example wrong, home alone would be asked.
function readElsewhere(request) {
    if (!reads(request) || readsAtHome(request.uri)) return;
    try {
        cf.createRequestOriginGroup({
            originIds: [{ originId: 'api' }, { originId: 'second-api' }],
            failoverCriteria: { statusCodes: [500, 502, 503, 504] },
        });
    } catch (error) {
        console.log('no group of origins: ' + error);
    }
}
