// The whole minute in UTC of a moment that says its offset, downwards or upwards; null of a day, of a time by the clocks
// of a zone, and of what the API refuses.
function minute(value, whole) {
    const said = /^(20\d\d-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/.exec(value || '');
    if (!said || (said[4] && !said[3])) return null;
    const written = Date.parse(said[1] + 'T' + said[2] + (said[3] || ':00') + 'Z'), offset = offsetOf(said[5]);
    // A day that there is not, as the 31st of April, may be read as another.
    if (isNaN(written) || offset === null || new Date(written).toISOString().slice(0, 16) !== said[1] + 'T' + said[2]) {
        return null;
    }
    // The API counts microseconds, and cuts off what is smaller.
    const at = written - offset * 60000 + Number((said[4] || '.0').slice(0, 7)) * 1000;
    const text = new Date(whole(at / 60000) * 60000).toISOString().slice(0, 16) + 'Z';
    return text.slice(0, 2) === '20' ? { at: at, text: text } : null;
}

function offsetOf(text) {
    if (text.length === 1) return 0;
    const hours = Number(text.slice(1, 3)), minutes = Number(text.slice(4));
    return hours > 14 || minutes > 59 ? null : Number(text.charAt(0) + 1) * (hours * 60 + minutes);
}
