// `near=me` becomes an address that says where: a redirect, so that one address has one answer for everybody. Of where
// the viewer is no more leaves the edge than the tenth of a degree that tonight's cells are. Whoever forges the headers
// is sent to the answer about another place, which is everybody's too. Where nothing is known the API refuses `me`.
function nearMe(request) {
    const asked = /^\/api\/public\/events(\.geojson|\/facets|\/tonight)?$/.exec(request.uri), query = request.querystring;
    if (!asked || !query.near || query.near.value !== 'me' || query.latitude || query.longitude) return undefined;
    const place = whereabouts(request.headers, asked[1] === '/tonight');
    if (!place) return undefined;
    delete query.near;
    const rest = queryOf(request);
    return redirected(307, request.uri, rest ? rest + '&' + place : place, 'no-store');
}

function whereabouts(headers, tonight) {
    const told = name => decoded((headers['cloudfront-viewer-' + name] || { value: '' }).value) || '';
    const latitude = degrees(told('latitude'), 90), longitude = degrees(told('longitude'), 180);
    if (latitude !== null && longitude !== null) {
        return 'latitude=' + middle(latitude, 90, 10) + '&longitude=' + middle(longitude, 180, 10);
    }
    // Tonight is asked of no country.
    const field = told('city') ? 'city' : told('country') && !tonight ? 'country' : '';
    return field && field + '=' + encodeURIComponent(told(field));
}
