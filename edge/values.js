// What a viewer sent, read. The edge hands values on as they came, percent-encoded.

// All values that came under a name, which may have come more than once.
function sent(field) {
    if (!field) return [];
    return field.multiValue ? field.multiValue.map(one => one.value) : [field.value];
}

function once(values) {
    return values.filter((one, at) => values.indexOf(one) === at);
}

// As the API reads it; null of what is not UTF-8, which is handed on as it is.
function decoded(value) {
    try {
        return decodeURIComponent(value.replace(/\+/g, ' '));
    } catch (error) {
        return null;
    }
}
