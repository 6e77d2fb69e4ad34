// Names and words without regard to capitals, accents and spaces, as mundotango/text.py's keys are. Null of what this
// knows no other spelling of; the API does, so it is only shared by fewer.
function folded(value) {
    const plain = value.toLowerCase().replace(
        /[\u00e0-\u00ff]/g, letter => 'aaaaaa*ceeeeiiiidnooooo*ouuuuy*y'.charAt(letter.charCodeAt(0) - 0xe0)
    ).replace(/ +/g, ' ').replace(/^ | $/g, '');
    return value.length <= 100 && /^[a-z0-9 .,'&@_-]*[a-z0-9][a-z0-9 .,'&@_-]*$/.test(plain) ? plain : null;
}

// In which order words are asked for says nothing, nor how often.
function alphabetical(value) {
    const plain = folded(value);
    const words = plain === null ? [] : once(plain.match(/[a-z0-9]+/g));
    return words.length && words.length <= 10 ? words.sort().join(' ') : null;
}
