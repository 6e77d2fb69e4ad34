// One spelling of a question, so that whoever means the same shares an answer: what a route does not take is dropped,
// and so is what says no more than the default. A question that the API refuses stays one: what is not certain to mean
// the same is handed on as it came.
function publicQuery(request) {
    // Ids are read in either case. A path that ends in a slash is the one without.
    request.uri = request.uri.replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi, id => id.toLowerCase()).replace(/\/+$/, '');
    const path = request.uri.slice(12), route = ROUTES.find(one => one[0].test(path)) || [0, 'lang'];
    const asked = {}, raw = {};
    (route[1] + ' lang').split(' ').forEach(name => {
        const values = sent(request.querystring[name]);
        if (!values.length) return;
        // Of what is said twice the API takes the last; kinds alone are several.
        const value = name === 'kind' ? kinds(values) : decoded(values[values.length - 1]);
        if (value === null) raw[name] = values;
        else if (value !== '' || name === 'limit') asked[name] = value;
    });
    if (asked.limit === '20') delete asked.limit;
    if (path === 'events/tonight') tonight(asked, raw);
    else if (path === 'venues') ['q', 'city'].forEach(name => put(asked, name, folded));
    else if (route[1].includes('bbox')) agendaQuery(asked, raw);
    if (wordless(path, asked, raw)) delete asked.lang;
    const parts = Object.keys(asked).map(name => name + '=' + encodeURIComponent(asked[name]));
    Object.keys(raw).forEach(name => parts.push(raw[name].map(value => name + '=' + value).join('&')));
    request.querystring = parts.sort().join('&');
}

// Only refusals have words of ours, so where there can be none every language has one answer. Of an event and a post
// there can: that there is no such thing is said in English where the address names no language.
function wordless(path, asked, raw) {
    if (/^(events|posts)\/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(path)) return true;
    const names = Object.keys(asked).filter(name => name !== 'lang');
    if (Object.keys(raw).length || !/^events(\.geojson|\/facets|\/tonight)?$/.test(path)) return false;
    if (asked.city) return folded(asked.city) === asked.city && names.every(name => name === 'city' || name === 'kind');
    return path === 'events/tonight' && /^-?\d+\.\d\d$/.test(asked.latitude) && names.every(name => name !== 'city');
}

// What was asked, in its one spelling where there is one.
function put(asked, name, spelt) {
    const value = asked[name] ? spelt(asked[name]) : null;
    if (value !== null) asked[name] = value;
}

function kinds(values) {
    const said = values.map(decoded);
    if (said.length > 50 || said.some(one => one === null || !/^[ -~]{0,400}$/.test(one))) return null;
    const found = once(said.join().toLowerCase().split(',').map(one => one.trim())).filter(one => one);
    if (found.some(one => !KINDS.includes(one))) return null;
    return found.length === KINDS.length ? '' : found.sort().join();
}

function tonight(asked, raw) {
    if (asked.city) return put(asked, 'city', folded);
    const latitude = degrees(asked.latitude, 90), longitude = degrees(asked.longitude, 180);
    if (latitude === null || longitude === null || raw.city || raw.radius_km) return;
    const radius = degrees(asked.radius_km || '25', 100);
    if (!(radius > 0)) return;
    const taken = [5, 10, 25, 50, 100].find(one => radius <= one);
    asked.latitude = middle(latitude, 90, taken < 25 ? 10 : 5);
    asked.longitude = middle(longitude, 180, taken < 25 ? 10 : 5);
    asked.radius_km = taken;
    if (taken === 25) delete asked.radius_km;
}
