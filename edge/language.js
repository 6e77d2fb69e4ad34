// On /api/public/* the language is in the address, for it is part of the key: the one the viewer names there, else the
// one of ours that their browser likes best, as functions/api/language.py weighs them. The default is left out.
function language(request) {
    const said = sent(request.querystring.lang).filter(one => one !== '').pop();
    const chosen = said === undefined ? preferred(request.headers) : spoken(decoded(said) || '');
    if (chosen && chosen !== LANGUAGES[0]) request.querystring.lang = { value: chosen };
    else delete request.querystring.lang;
}

function spoken(tag) {
    const primary = tag.trim().toLowerCase().split('-')[0];
    return LANGUAGES.includes(primary) ? primary : '';
}

function preferred(headers) {
    let best = '', most = 0;
    sent(headers['accept-language']).join().split(',').forEach(part => {
        const cut = (part + ';').indexOf(';'), tag = part.slice(0, cut), weight = weightOf(part.slice(cut + 1));
        const named = tag.trim() === '*' ? LANGUAGES[0] : spoken(tag);
        if (named && weight > most) {
            best = named;
            most = weight;
        }
    });
    return best;
}

function weightOf(parameter) {
    const said = /^\s*q\s*(=\s*(\d+(\.\d*)?|\.\d+)?.*)?$/i.exec(parameter);
    if (!said) return 1;
    return /^=\s*[\d.]+\s*$/.test(said[1]) && Number(said[2]) <= 1 ? Number(said[2]) : 0;
}
