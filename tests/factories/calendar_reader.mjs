// Reads calendars with the ical.js whose place is the first argument, each by the definitions of time zones that it brings
// along. A line of the standard input is a calendar and until when to read it; the line in answer is what it says and when
// it takes place, or the error that it met.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { default: ICAL } = await import(pathToFileURL(process.argv[2]).href);
ICAL.design.strict = true;

const instant = (time) => new Date(time.toUnixTime() * 1000).toISOString();

function properties(component) {
  const found = {};
  const parameters = {};
  for (const property of component.getAllProperties()) {
    const values = property.getValues().map((value) => (value.toICALString ? value.toICALString() : value));
    const said = property.isMultiValue ? values : values[0];
    found[property.name] = property.name in found ? [found[property.name], said].flat() : said;
    parameters[property.name] = property.jCal[1];
  }
  return { properties: found, parameters };
}

function times(component, exceptions, until) {
  const event = new ICAL.Event(component, { exceptions: [] });
  if (!event.isRecurring()) return [[instant(event.startDate), instant(event.endDate)]];
  const left = new Set(exceptions.map((each) => each.getFirstPropertyValue("recurrence-id").toUnixTime()));
  const found = [];
  const iterator = event.iterator();
  for (let next = iterator.next(); next && instant(next) < until; next = iterator.next()) {
    if (!left.has(next.toUnixTime())) {
      const end = next.clone();
      end.addDuration(event.duration);
      found.push([instant(next), instant(end)]);
    }
  }
  return found;
}

function read(text, until) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  if (calendar.name !== "vcalendar") throw new Error("no calendar");
  const zones = calendar.getAllSubcomponents("vtimezone").map((each) => new ICAL.Timezone(each));
  ICAL.TimezoneService.reset();
  zones.forEach((zone) => ICAL.TimezoneService.register(zone));

  const events = calendar.getAllSubcomponents("vevent");
  const exceptionsOf = (component) =>
    events.filter(
      (each) =>
        each.hasProperty("recurrence-id") &&
        each.getFirstPropertyValue("uid") === component.getFirstPropertyValue("uid"),
    );
  const known = new Set(["vtimezone", "vevent"]);
  if (calendar.getAllSubcomponents().some((each) => !known.has(each.name))) throw new Error("an unknown component");

  return {
    properties: properties(calendar).properties,
    zones: zones.map((zone) => zone.tzid),
    entries: events.map((each) => ({
      ...properties(each),
      times: times(each, each.hasProperty("recurrence-id") ? [] : exceptionsOf(each), until),
    })),
  };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [text, until] = JSON.parse(line);
  let answer;
  try {
    answer = read(text, until);
  } catch (error) {
    answer = { error: error.stack ?? String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
