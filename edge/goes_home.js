// Which requests only the home region answers: only its database is written to.
function reads(request) {
    return request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS';
}

// Reads that write as they read, or whose answer must be of this moment, or of a table that stands at home alone: inboxes
// and devices. Calendars are fetched often and are late anyway.
function readsAtHome(path) {
    if (path.startsWith('/api/link/')) return !path.endsWith('/calendar.ics');
    if (path.startsWith('/api/moderation/') || path.startsWith('/api/notifications/')) return true;
    return ['/api/notifications', '/api/push/devices', '/api/users/me/export', '/api/users/me/deletion'].includes(path);
}
