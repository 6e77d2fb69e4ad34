"""What so many people use in a month, in the units of operations/prices.toml: people to requests to what those take."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from operations.cost.bill import Bill
from operations.cost.consumption import Act, Consumption
from operations.cost.idle import LEAST_CACHE_GB, least_acu
from operations.cost.places import DAYS_A_MONTH, Backups, Place
from operations.cost.prices import HOURS_A_MONTH, SECONDS_A_MONTH
from operations.cost.tables import Asked, scaled
from operations.cost.workload import DATABASE_WRITES, WRITES, Workload

ACU_A_PROCESSOR = 4  # db.r6g.large has two processors and the memory of eight
BUSY = 0.5  # it grows before its processors are all at work
MANY = 20  # likes of the act many_likes
# Named by what people do in a month; half of it by events, of which 100,000 people announce 50,000 a year (bench.edge).
TAGS_A_PERSON = 0.171
MILLION = 1e6
GB = 1e9
KB_A_GB = 1e6
REPLICATED_ITEM_GB = 0.5 / KB_A_GB  # half a unit of 1 KB is used, as a rule


class Usage:
    """Puts to a bill what people use; `shares` are of the people nearest to each place."""

    def __init__(self, bill: Bill, places: list[Place], workload: Workload, took: Consumption, users: int) -> None:
        self._bill, self._places, self._work, self._took = bill, places, workload, took
        self._users = users
        self._home = next(one for one in places if one.home)
        nearest = sum(workload.regions[one.region] for one in places)
        self._database_ms: defaultdict[str, float] = defaultdict(float)
        self._shares = {one.region: workload.regions[one.region] / nearest for one in places}
        self._asked = Asked(each for one in places for each in scaled(one.templates))

    def fill(self) -> None:
        for place, share in self._near():
            for name, times in self._work.acts().items():
                if name not in WRITES:
                    self._act(place, self._took.acts[name], name, times * self._users * share)
                elif place.home:
                    self._act(place, self._took.acts[name], name, times * self._users)
                elif name in self._took.elsewhere:
                    self._act(place, self._took.elsewhere[name], name, times * self._users)
            self._sockets(place, share)
            self._stored(place)
            self._grown(place)
        self._asked.fill(self._bill)
        self._edge()
        self._people()
        self._between_regions()

    def _near(self) -> Iterator[tuple[Place, float]]:
        yield from ((one, self._shares[one.region]) for one in self._places)

    def _act(self, place: Place, act: Act, name: str, times: float) -> None:
        region, add = place.region, self._bill.add
        for function in act.functions:
            self._function(place, act, name, function, times)
        by = {one: times * share for one, share in self._shares.items()} if name in WRITES else {region: times}
        for table, units in act.writes.items():
            for copy in place.replicas.get(_table(table)) or [region]:
                self._units(table, copy, "writes", by, units)
        for table, units in act.expiries.items():  # free in one region, and in the others a write as any other
            for copy in place.replicas.get(_table(table), [])[1:]:
                self._units(table, copy, "writes", by, units)
        for table, units in act.reads.items():
            self._units(table, region, "reads", by, units)
        for request, count in act.requests.items():
            self._request(region, request, times * count / MILLION)
        if place.has("AWS::ElastiCache::ServerlessCache"):
            ecpus = max(act.cache_commands, act.cache_bytes / 1024)
            add("cache", "cache_ecpus", region, times * max(ecpus, 0) / MILLION)
        if place.aurora:
            self._database_io(place, act, name, times)
            self._database_ms[region] += times * sum(used.database_ms for used in act.functions.values())

    def _function(self, place: Place, act: Act, name: str, function: str, times: float) -> None:
        used, how = act.functions[function], self._work.functions
        gigabytes = place.memory[function] / 1024
        one = used.billed_ms(place.memory[function], how)
        invocations, billed, logged = used.invocations * times, one * times, float(used.log_bytes) * times
        if name == "like" and function != "ApiFunction":
            invocations, billed, logged = self._batched(place, function, times)
        add, region = self._bill.add, place.region
        add("Lambda", "lambda_requests", region, invocations / MILLION)
        add("Lambda", "lambda_seconds", region, billed / 1000 * gigabytes)
        add("logs", "logs", region, (logged + invocations * how.log_bytes_an_invocation) / GB)
        if function == "ApiFunction":
            add("HTTP API", "http_api", region, invocations / MILLION)
            share = float(place.env.parameters.get("TraceShare", 1)) / 100
            add("traces", "traces", region, invocations * share / MILLION)

    def _batched(self, place: Place, function: str, likes: float) -> tuple[float, float, float]:
        """Invocations, milliseconds and bytes of log: a stream brings what came since it was read last."""
        how, took = self._work.functions, self._took.acts if place.home else self._took.elsewhere
        alone, many = took["like"].functions[function], took["many_likes"].functions[function]
        memory = place.memory[function]
        further = max(many.billed_ms(memory, how) - alone.billed_ms(memory, how), 0) / (MANY - 1)
        first = max(alone.billed_ms(memory, how) - further, 0)
        polls = min(likes, how.polls_a_second * SECONDS_A_MONTH)
        invocations = polls * alone.invocations
        return invocations, polls * first + likes * further, invocations * alone.log_bytes

    def _units(self, table: str, region: str, kind: str, by: Mapping[str, float], each: float) -> None:
        """Of a table or an index; `by` is how often people of each region do what takes `each` units."""
        units = {origin: times * each for origin, times in by.items()}
        if not self._asked.add(table, region, kind, units):
            self._bill.add(f"DynamoDB {_table(table)}", f"dynamodb_{kind}", region, sum(units.values()) / MILLION)

    def _request(self, region: str, request: str, millions: float) -> None:
        service, operation = request.split(" ", 1)
        if service == "s3" and not operation.startswith("Delete"):
            reads = operation.startswith(("Get", "Head"))
            self._bill.add("S3", "s3_reads" if reads else "s3_writes", region, millions)
        elif service == "sqs":
            self._bill.add("queues", "queue_requests", region, 3 * millions)  # sent, taken and deleted

    def _database_io(self, place: Place, act: Act, name: str, times: float) -> None:
        history = self._work.history
        writes = name in DATABASE_WRITES
        asks = history.database_writes_a_request if writes else history.database_misses_a_request
        if any(used.sql for used in act.functions.values()):
            self._bill.add("database", "aurora_io", place.region, times * asks / MILLION)
            if writes:
                for one in self._places:
                    if not one.home:
                        self._bill.add("database", "aurora_global_writes", one.region, times * asks / MILLION)

    def _grown(self, place: Place) -> None:
        """What Aurora Serverless grows to above its least, by the time its statements took."""
        sizes = [str(one["DBInstanceClass"]) for one in place.of_type("AWS::RDS::DBInstance")]
        serverless = sizes.count("db.serverless")
        if serverless:
            least = serverless * least_acu(place.templates)
            processors = self._database_ms[place.region] / 1000 / SECONDS_A_MONTH
            more = max(processors * ACU_A_PROCESSOR / BUSY - least, 0)
            self._bill.add("database", "aurora_acu", place.region, more * HOURS_A_MONTH)

    def _sockets(self, place: Place, share: float) -> None:
        people, acts, how = self._users * share, self._work.acts(), self._work.sockets
        minutes = self._work.person.sessions * self._work.person.socket_minutes_a_session
        told = acts["like"] * how.frames_a_like + acts["post"] * how.frames_a_post
        told += acts["comment"] * how.frames_a_comment
        asked = 2 * acts["socket"] + acts["ping"]  # resume and subscribe, and pings
        answered = acts["socket"] * self._took.acts["socket"].frames + acts["ping"] * self._took.acts["ping"].frames
        messages = people * (asked + answered + told + 2 * acts["picture"])
        self._bill.add("WebSocket", "socket_messages", place.region, messages / MILLION)
        self._bill.add("WebSocket", "socket_minutes", place.region, people * minutes / MILLION)

    def _stored(self, place: Place) -> None:
        """After the months of history. Aurora's secondaries have a copy each, and so has each region of pictures."""
        history, users, region, add = self._work.history, self._users, place.region, self._bill.add
        rows = users * history.months * history.kilobytes_of_rows_a_person_a_month / KB_A_GB
        if place.aurora:
            add("database", "aurora_storage", region, max(rows, 10))
        else:
            for instance in place.of_type("AWS::RDS::DBInstance"):
                machines = 2 if str(instance.get("MultiAZ", "false")).lower() == "true" else 1
                more = max(rows - float(instance.get("AllocatedStorage", 20)), 0)
                add("database", "rds_storage", region, machines * more)
        if place.home:
            self._items(place, rows)
        if place.has("AWS::ElastiCache::ServerlessCache"):
            cached = users * self._shares[region] * history.kilobytes_cached_a_person / KB_A_GB
            add("cache", "cache_gigabytes", region, max(cached - LEAST_CACHE_GB, 0) * HOURS_A_MONTH)
        if place.home or self._copies_pictures(self._home):
            self._pictures(place)

    def _items(self, place: Place, rows: float) -> None:
        """DynamoDB's, in each region that has copies, and the backups of all facts. What AWS Backup keeps of a table is
        all of it each time; of a database, what changed since the day before."""
        history, users, add = self._work.history, self._users, self._bill.add
        facts = users * history.months * history.kilobytes_of_reactions_a_person_a_month / KB_A_GB
        index = users * history.months * history.kilobytes_of_their_index_a_person_a_month / KB_A_GB
        inbox = users * history.kilobytes_of_inbox_a_person / KB_A_GB
        for region in place.replicas.get("reactions") or [place.region]:
            add("DynamoDB storage", "dynamodb_storage", region, facts + index)
        for region in place.replicas.get("notifications") or [place.region]:
            add("DynamoDB storage", "dynamodb_storage", region, inbox)
        if "reactions" in place.recovered:
            add("backups", "dynamodb_pitr", place.region, facts)
        for kept in place.backups():
            self._backed_up(place, kept, facts, rows)

    def _backed_up(self, place: Place, kept: Backups, facts: float, rows: float) -> None:
        add, changed = self._bill.add, self._work.history.changed_a_day
        sent = 0.0
        if kept.database:
            copies = rows * (1 + kept.points * changed)
            add("backups", "backup_aurora" if place.aurora else "backup_rds", kept.region, copies)
            sent += rows * changed
        if kept.tables:
            add("backups", "backup_dynamodb", kept.region, kept.points * facts)
            sent += facts
        if kept.region != place.region:
            add("between regions", "region_transfer", place.region, sent * DAYS_A_MONTH / kept.every)

    def _pictures(self, place: Place) -> None:
        """Originals stand in the dearer class for their first month of all."""
        act, region, add = self._took.acts["picture"], place.region, self._bill.add
        original = self._took.picture_bytes
        variants = max(act.bytes["s3 PutObject"] - 2 * original, 0)  # the upload, and the original that is kept
        pictures = self._users * self._work.person.pictures
        kept = pictures * self._work.history.months
        add("pictures", "s3_storage", region, kept * variants / GB + pictures * original / GB)
        add("pictures", "s3_rare_storage", region, max(kept - pictures, 0) * original / GB)
        add("pictures", "s3_transitions", region, pictures / MILLION)

    @staticmethod
    def _copies_pictures(home: Place) -> bool:
        return any("ReplicationConfiguration" in bucket for bucket in home.of_type("AWS::S3::Bucket"))

    def _edge(self) -> None:
        """Viewers are where people are, however many regions there are."""
        person, edge, add = self._work.person, self._work.edge, self._bill.add
        pictures = self._work.pictures_a_session
        everywhere = sum(self._work.regions.values())
        filtered = any(one.has("AWS::WAFv2::WebACL") for one in self._places)
        add("edge tags", "edge_tags", self._home.region, self._users * TAGS_A_PERSON)
        calls = self._work.json_a_session + person.likes_a_session + self._work.sockets.opened_a_session
        for region, share in self._work.regions.items():
            sessions = self._users * share / everywhere * person.sessions
            asked = sessions * (calls + pictures)
            add("edge requests", "edge_requests", region, asked / MILLION)
            add("edge functions", "edge_functions", region, sessions * calls / MILLION)
            sent = pictures * edge.kilobytes_a_picture + calls * edge.kilobytes_an_answer
            add("edge transfer", "edge_gigabytes", region, sessions * sent / KB_A_GB)
            add("edge transfer", "edge_to_origin", region, sessions * calls * edge.kilobytes_a_request / KB_A_GB)
            missed = sessions * pictures * (1 - edge.offload_pictures)
            add("S3", "s3_reads", self._home.region, missed / MILLION)
            shielded = sessions * pictures * edge.shield_pictures
            add("edge requests", "edge_shield", self._home.region, shielded / MILLION)
            if filtered:
                add("firewall", "firewall_requests", self._home.region, asked / MILLION)
            if any(one.has("AWS::Route53::RecordSet") for one in self._places):
                add("names", "dns_queries", self._home.region, 2 * sessions / MILLION)

    def _people(self) -> None:
        tier = self._home.env.parameters.get("UserPoolTier", "LITE")
        price = "identities_lite" if tier == "LITE" else "identities_essentials"
        self._bill.add("Cognito", price, self._home.region, self._users)
        self._bill.add("mail", "mails", self._home.region, self._users * self._work.mail.mails / 1000)

    def _between_regions(self) -> None:
        """What DynamoDB, Aurora and S3 send from the home to the others."""
        others = len(self._places) - 1
        if not others:
            return
        replicated = 0.0
        for name, times in self._work.acts().items():
            for table, units in self._took.acts[name].writes.items():
                if len(self._home.replicas.get(_table(table), [])) > 1:
                    replicated += times * units * REPLICATED_ITEM_GB
        history, act = self._work.history, self._took.acts["picture"]
        pictures = self._work.person.pictures * act.bytes["s3 PutObject"] / GB
        sent = replicated + history.kilobytes_of_rows_a_person_a_month / KB_A_GB
        if self._copies_pictures(self._home):
            sent += pictures
        add, users = self._bill.add, self._users
        add("between regions", "region_transfer", self._home.region, others * users * sent)


def _table(written: str) -> str:
    """Of a table or of one of its indexes."""
    return written.split(" ", 1)[0]
