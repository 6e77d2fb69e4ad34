// Which requests only the home region answers: only its database is written to.
function reads(request) {
    return request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS';
}

// Reads that write as they read, or whose answer must be of this moment. Calendars are fetched often and are late anyway.
function readsAtHome(path) {
    if (path.startsWith('/api/link/')) return !path.endsWith('/calendar.ics');
    return path.startsWith('/api/moderation/') || path === '/api/users/me/export' || path === '/api/users/me/deletion';
}
