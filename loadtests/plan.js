// The plan's own: k6 run --vus 100 --duration 30s. Everybody asks for the list of events of one of ten cities from
// tonight on, as people do who open the page. Lists are the same for everyone, so an edge answers most of them.
import http from 'k6/http';
import { check } from 'k6';

const site = __ENV.SITE;
const CITIES = [
  'Buenos Aires', 'Berlin', 'Istanbul', 'Paris', 'Roma', 'Montevideo', 'Moskva', 'London', 'New York', 'Barcelona',
];

export const options = {
  // Names below .localhost are this machine, which Go does not know.
  hosts: __ENV.HERE ? { [__ENV.HERE]: '127.0.0.1' } : {},
  thresholds: { http_req_duration: ['p(95)<300'], http_req_failed: ['rate<0.01'] },
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)'],
};

export default function () {
  const city = CITIES[Math.floor(Math.random() * CITIES.length)];
  const answer = http.get(`${site}/api/public/events?city=${encodeURIComponent(city)}&from=${__ENV.FROM}`, {
    tags: { name: 'events of a city' },
  });
  check(answer, { 'is 200': (found) => found.status === 200 });
}
