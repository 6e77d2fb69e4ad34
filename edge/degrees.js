// Numbers as the API rounds them. Null of what it refuses, or what is written otherwise than in figures, and of a half,
// which it rounds to the even side.

function degrees(text, most) {
    return /^-?\d{1,3}(\.\d{1,9})?$/.test(text) && Math.abs(text) <= most ? Number(text) : null;
}

function rounded(text, most, decimals) {
    const value = degrees(text, most);
    if (value === null || (text.split('.')[1] || '').slice(decimals).replace(/0+$/, '') === '5') return null;
    return Number(value.toFixed(decimals)) + 0;
}

// To thousandths, about a hundred metres. The antimeridian has two names: a box begins at the one and ends at the other.
function globe(value, bounds) {
    const found = value.split(',').map((text, at) => rounded(text, bounds[at], 3));
    if (found.length !== bounds.length || found.includes(null)) return null;
    if (bounds.length === 2 && found[1] === 180) found[1] = -180;
    if (bounds.length === 4 && found[0] === 180) found[0] = -180;
    if (bounds.length === 4 && found[2] === -180) found[2] = 180;
    return found.join();
}

// The middle of the cell, of which a degree has so many, as mundotango/tonight/policy.py cuts them.
function middle(value, most, cells) {
    let cell = Math.floor(value * cells);
    if (cell === most * cells) cell = most === 90 ? cell - 1 : -cell;
    return ((cell + 0.5) / cells).toFixed(2);
}
