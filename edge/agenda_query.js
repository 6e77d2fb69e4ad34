// What lists of events are asked by, in one spelling, as mundotango/agenda/policy.py reads them.
function agendaQuery(asked, raw) {
    put(asked, 'q', alphabetical);
    put(asked, 'city', folded);
    put(asked, 'bbox', value => globe(value, [180, 90, 180, 90]));
    put(asked, 'country', value => choice(value, /^[a-z]{2}$/, text => text.toUpperCase()));
    put(asked, 'role', value => choice(value, /^(leader|follower)s?$/, text => text.replace(/s$/, '')));
    put(asked, 'sort', value => choice(value, /^(start|distance|rank)$/, text => text));
    put(asked, 'organiser', value => choice(value, /^[0-9a-f-]{36}$/, text => text));
    if (asked.sort === (asked.q || raw.q ? 'rank' : 'start')) delete asked.sort;
    around(asked, raw);
    stretch(asked);
    price(asked);
}

function around(asked, raw) {
    if (raw.near || raw.latitude || raw.longitude || raw.radius_km) return;
    const pair = asked.latitude && asked.longitude && asked.latitude + ',' + asked.longitude;
    if (asked.near ? asked.latitude || asked.longitude : !pair) return;
    const point = globe(asked.near || pair, [90, 180]);
    if (!point) return;
    delete asked.latitude;
    delete asked.longitude;
    asked.near = point;
    if (asked.radius_km >= 0.1) put(asked, 'radius_km', value => rounded(value, 500, 1));
    if (asked.radius_km === 25) delete asked.radius_km;
}

// Only where the two are certain to follow each other: whole minutes outwards would make room between others.
function stretch(asked) {
    const from = minute(asked.from, Math.floor), to = minute(asked.to, Math.ceil);
    if (asked.from && asked.to && !(from && to && from.at < to.at)) return;
    if (from) asked.from = from.text;
    if (to) asked.to = to.text;
}

// What is free costs nothing in any currency.
function price(asked) {
    if (/^(false|f|no|n|off|0)$/i.test(asked.free)) delete asked.free;
    put(asked, 'currency', value => choice(value, /^[a-z]{3}$/, text => text.toUpperCase()));
    const free = /^(true|t|yes|y|on|1)$/i.test(asked.free) || (asked.price_max === '0' && !asked.free);
    if (!free || !/^\d{1,9}$/.test(asked.price_max || '0') || !/^[A-Z]{3}$/.test(asked.currency || 'ARS')) return;
    asked.free = 'true';
    delete asked.price_max;
    delete asked.currency;
}

function choice(value, known, spelt) {
    const text = value.trim().toLowerCase();
    return /^[ -~]{1,50}$/.test(value) && known.test(text) ? spelt(text) : null;
}
