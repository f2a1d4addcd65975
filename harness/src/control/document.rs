//! The control API, described by an OpenAPI document.

use serde_json::{Map, Value, json};

/// A route.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `get` or `post`.
    pub method: &'static str,
    /// The path.
    pub path: &'static str,
    /// What it does.
    pub does: &'static str,
    /// Whether it needs the token.
    pub token: bool,
    /// Keys of the body: name, whether it must be there, JSON type, what it means.
    pub body: &'static [(&'static str, bool, &'static str, &'static str)],
}

const fn read(path: &'static str, does: &'static str) -> Route {
    Route { method: "get", path, does, token: true, body: &[] }
}

const fn act(
    path: &'static str,
    does: &'static str,
    body: &'static [(&'static str, bool, &'static str, &'static str)],
) -> Route {
    Route { method: "post", path, does, token: true, body }
}

/// Every route.
pub const ROUTES: &[Route] = &[
    Route { method: "get", path: "/", does: "The live page.", token: false, body: &[] },
    Route { method: "get", path: "/v1/openapi.json", does: "This document.", token: false, body: &[] },
    read("/v1/status", "The clock, the controllers, what waits to replicate to each, and the open faults."),
    read("/v1/endpoints", "Where the controllers answer."),
    read(
        "/v1/export",
        "The directory of one controller, that of `at` or the PDC's, as LDIF, as an administrator sees it; with \
         `to-add=true` what not every domain has, as changes for `ldapadd`.",
    ),
    read("/v1/events", "Events of the timeline, from `from` on, at most 10,000."),
    read(
        "/v1/events/stream",
        "Events as they happen, from `from` on, as server-sent events; the token may stand in the query.",
    ),
    act(
        "/v1/synchronize",
        "Synchronises one backup controller, or the whole domain, now.",
        &[
            ("at", false, "string", "The backup controller; all of them when absent."),
            ("full", false, "boolean", "The whole database, not only what has changed."),
        ],
    ),
    act(
        "/v1/partition",
        "Cuts the traffic between hosts.",
        &[
            ("from", true, "array", "One side."),
            ("to", true, "array", "The other side."),
            ("one-way", false, "boolean", "Only what goes from the first side to the other is lost."),
        ],
    ),
    act(
        "/v1/heal",
        "Lifts a fault.",
        &[("fault", false, "string", "Its name; every open partition when absent.")],
    ),
    act("/v1/hold", "Holds replication to controllers.", &[("at", true, "array", "The controllers.")]),
    act(
        "/v1/release",
        "Lets held replication go on.",
        &[("at", false, "array", "The controllers; all when absent.")],
    ),
    act(
        "/v1/crash",
        "Takes a host down.",
        &[
            ("at", true, "string", "The host."),
            (
                "loses-unreplicated",
                false,
                "boolean",
                "It forgets what it had committed and not yet passed on.",
            ),
        ],
    ),
    act("/v1/restart", "Switches a host on that a crash took down.", &[("at", true, "string", "The host.")]),
    act(
        "/v1/snapshot",
        "Keeps the database of a controller, with all that replication knows there.",
        &[
            ("at", true, "string", "The controller."),
            (
                "name",
                false,
                "string",
                "The snapshot's name, `latest` when absent; one of that name is replaced.",
            ),
        ],
    ),
    act(
        "/v1/restore",
        "Puts the database of a controller back as a snapshot has it: it goes down and boots. One that is off comes up \
         with it.",
        &[
            ("at", true, "string", "The controller."),
            ("name", false, "string", "The snapshot; `latest` when absent."),
            (
                "invocation",
                false,
                "string",
                "`kept`, the default: as when a disk is copied back, so that with Active Directory update sequence \
                 numbers roll back. `new`: under a new invocation id, as a restore from a backup does.",
            ),
        ],
    ),
    act(
        "/v1/fault",
        "Adds any fault.",
        &[
            ("name", false, "string", "Its name; one is made up when absent."),
            (
                "kind",
                true,
                "object",
                "What it does, as in a scenario's `[[fault]]`: `{\"pause\": {\"at\": \"BDC1\"}}`, `{\"wire\": {\"operation\": \"bind\", \
                 \"result\": 51}}`.",
            ),
            ("lasts", false, "string", "How long, such as `10m`; until it is lifted when absent."),
            (
                "count",
                false,
                "any",
                "Which of the occasions it touches: `all`, `{\"first\": 2}`, `{\"every\": 3}`, `{\"nth\": 3}`, \
                 `{\"after\": 2}`.",
            ),
        ],
    ),
    act(
        "/v1/policy",
        "Sets the account policy of the domain, or of a machine.",
        &[
            ("at", false, "string", "The host; the PDC when absent."),
            ("policy", true, "object", "The whole account policy; what is left out has its default."),
        ],
    ),
    act(
        "/v1/operation",
        "Performs any operation of the port.",
        &[
            ("at", false, "string", "The host; the PDC when absent."),
            (
                "user",
                false,
                "object",
                "Under whom: `user` and `password`; the domain's Administrator when absent.",
            ),
            ("operation", true, "object", "The operation: `{\"user-info\": {\"user\": \"SVC\"}}`."),
        ],
    ),
    act(
        "/v1/advance",
        "Lets time pass: every instant up to then is played at once.",
        &[("by", true, "string", "By how much of the scenario's time, such as `10m`.")],
    ),
    act(
        "/v1/speed",
        "Changes the clock's speed.",
        &[("speed", true, "any", "Seconds of the scenario in one of the wall; null: the clock stands.")],
    ),
    act("/v1/stop", "Ends the run where it is; it is judged.", &[]),
];

/// The document, OpenAPI 3.1.
pub fn openapi() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let mut operation = json!({
            "summary": route.does,
            "responses": {
                "200": { "description": "Done." },
                "401": { "description": "The token is missing or wrong." },
            },
        });
        if !route.token {
            operation["security"] = json!([]);
        }
        if route.path.starts_with("/v1/events") {
            operation["parameters"] = json!([{
                "name": "from", "in": "query", "description": "The number of the first event.",
                "schema": { "type": "integer", "minimum": 0 },
            }]);
        }
        if !route.body.is_empty() {
            let properties: Map<String, Value> =
                route.body.iter().map(|key| (key.0.to_owned(), property(key))).collect();
            let required: Vec<&str> = route.body.iter().filter(|key| key.1).map(|key| key.0).collect();
            operation["requestBody"] = json!({
                "content": { "application/json": { "schema": {
                    "type": "object", "properties": properties, "required": required, "additionalProperties": false,
                } } },
            });
            for (status, why) in [
                ("400", "The body cannot be read."),
                ("404", "What it names does not exist."),
                ("409", "The domain refuses; `code` is the Win32 code."),
                ("422", "It makes no sense."),
                ("503", "The run is over."),
            ] {
                operation["responses"][status] = json!({ "description": why });
            }
        }
        let entry = paths.entry(route.path).or_insert_with(|| json!({}));
        entry[route.method] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mockdc control",
            "description": "Steers a live run of mockdc. Durations are strings with units.",
            "version": env!("CARGO_PKG_VERSION"),
        },
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
        "security": [{ "token": [] }],
        "paths": paths,
    })
}

fn property((_, _, kind, means): &(&str, bool, &str, &str)) -> Value {
    match *kind {
        "any" => json!({ "description": means }),
        "array" => json!({ "description": means, "type": "array", "items": { "type": "string" } }),
        kind => json!({ "description": means, "type": kind }),
    }
}
