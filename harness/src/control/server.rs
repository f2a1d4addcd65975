//! The control API on HTTP: a token, a route for each thing that can be asked, and the live page.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Json, Response};
use axum::routing::{get, post};
use futures::stream::{self, Stream};
use mockdc_mocks::ldap::LiveDomain;
use mockdc_mocks::{Authority, Credentials, HostName};
use mockdc_scenarios::Plan;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;

use super::{
    Action, AddFault, Advance, Crash, Done, Feed, Heal, Hold, HoldNow, Partition, Perform, Refused, Release,
    Restart, Restore, SetPolicy, Snapshot, Speed, Status, Synchronize, openapi,
};
use crate::live::Endpoints;
use crate::run::Inbox;

/// Events of one answer.
const MOST_EVENTS: usize = 10_000;

/// Bytes of a request.
const LARGEST: usize = 1 << 20;

/// What the routes share.
#[derive(Clone)]
pub struct Shared {
    plan: Arc<Plan>,
    endpoints: Arc<Endpoints>,
    inbox: Inbox,
    feed: Feed,
    administrator: Credentials,
    live: LiveDomain,
}

impl Shared {
    /// Of a live run.
    pub fn new(plan: Arc<Plan>, endpoints: Endpoints, live: LiveDomain, inbox: Inbox, feed: Feed) -> Shared {
        let administrator = Credentials {
            authority: Authority::Domain,
            user: "Administrator".into(),
            password: plan.world.domain.administrator_password.clone(),
        };
        Shared { plan, endpoints: Arc::new(endpoints), inbox, feed, administrator, live }
    }
}

/// A control API that has its address and does not answer yet.
pub struct Control {
    listener: TcpListener,
    address: SocketAddr,
    token: Arc<str>,
}

/// A control API that answers.
pub struct Served {
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<io::Result<()>>,
}

impl Control {
    /// Takes an address, and draws a token that nobody can guess.
    pub async fn bind(address: SocketAddr) -> io::Result<Control> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let mut bytes = [0_u8; 16];
        getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Control { listener, address, token: token.into() })
    }

    /// The token that every request must bear.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", crate::live::reached(self.address))
    }

    /// Answers from now on.
    pub fn serve(self, shared: Shared) -> Served {
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let router = router(shared, self.token);
        let serve = axum::serve(self.listener, router).with_graceful_shutdown(async {
            // Dropped or sent: both say that it is over.
            let _ = stopped.await;
        });
        Served { stop, task: tokio::spawn(async move { serve.await }) }
    }
}

impl Served {
    /// Ends it. A stream of events that somebody still reads is broken off.
    pub async fn end(self) {
        let _ = self.stop.send(());
        let abort = self.task.abort_handle();
        if tokio::time::timeout(std::time::Duration::from_millis(300), self.task).await.is_err() {
            abort.abort();
        }
    }
}

/// All routes.
pub fn router(shared: Shared, token: Arc<str>) -> Router {
    let guarded =
        Router::new()
            .route("/v1/status", get(status))
            .route("/v1/endpoints", get(endpoints))
            .route("/v1/export", get(export))
            .route("/v1/events", get(events))
            .route("/v1/events/stream", get(stream_events))
            .route("/v1/synchronize", post(act::<Synchronize>))
            .route("/v1/partition", post(act::<Partition>))
            .route("/v1/heal", post(act::<Heal>))
            .route("/v1/hold", post(hold))
            .route("/v1/release", post(release))
            .route("/v1/crash", post(act::<Crash>))
            .route("/v1/restart", post(act::<Restart>))
            .route("/v1/snapshot", post(act::<Snapshot>))
            .route("/v1/restore", post(act::<Restore>))
            .route("/v1/fault", post(act::<AddFault>))
            .route("/v1/policy", post(act::<SetPolicy>))
            .route("/v1/operation", post(act::<Perform>))
            .route("/v1/advance", post(act::<Advance>))
            .route("/v1/speed", post(act::<Speed>))
            .route("/v1/stop", post(stop))
            .layer(axum::middleware::from_fn(move |headers: HeaderMap, request: Request, next: Next| {
                let token = token.clone();
                async move {
                    if bears(&headers, &request, &token) { next.run(request).await } else { unauthorised() }
                }
            }));
    Router::new()
        .merge(guarded)
        .route("/", get(page))
        .route("/v1/openapi.json", get(async || Json(openapi())))
        .fallback(async || {
            refuse(Refused::new(404, "there is no such route", "`GET /v1/openapi.json` lists them"))
        })
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(shared)
}

/// Whether a request bears the token, as a header or, for streams of events, which have none, in its query.
fn bears(headers: &HeaderMap, request: &Request, token: &str) -> bool {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let query = || {
        request.uri().query().and_then(|query| query.split('&').find_map(|part| part.strip_prefix("token=")))
    };
    let shown = header.and_then(|value| value.strip_prefix("Bearer ")).or_else(query).unwrap_or_default();
    // Each octet is looked at, however early one differs.
    shown.len() == token.len()
        && shown.bytes().zip(token.bytes()).fold(0, |all, (one, other)| all | (one ^ other)) == 0
}

fn unauthorised() -> Response {
    let help = "send `Authorization: Bearer TOKEN`; the token is in the file that `mockdc serve` names";
    refuse(Refused::new(401, "the token is missing or wrong", help))
}

fn refuse(refused: Refused) -> Response {
    let status = StatusCode::from_u16(refused.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(refused)).into_response()
}

fn over() -> Response {
    refuse(Refused::new(503, "the run is over", ""))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Response> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        let help = "the body is JSON; `GET /v1/openapi.json` says what belongs into it";
        refuse(Refused::new(400, format!("the request cannot be read: {error}"), help))
    })
}

async fn act<T: Action + DeserializeOwned>(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<T>(&body) {
        Ok(action) => perform(shared, action).await,
        Err(response) => response,
    }
}

async fn hold(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<Hold>(&body) {
        Ok(hold) => perform(shared, HoldNow(hold)).await,
        Err(response) => response,
    }
}

async fn release(State(shared): State<Shared>, body: Bytes) -> Response {
    match read::<Hold>(&body) {
        Ok(hold) => perform(shared, Release(hold)).await,
        Err(response) => response,
    }
}

async fn perform(shared: Shared, action: impl Action) -> Response {
    let administrator = shared.administrator.clone();
    let performed = shared.inbox.ask(move |driver| action.perform(driver, &administrator)).await;
    match performed {
        Some(Ok(done)) => Json::<Done>(done).into_response(),
        Some(Err(refused)) => refuse(refused),
        None => over(),
    }
}

async fn stop(State(shared): State<Shared>) -> Response {
    shared.inbox.stop();
    Json(serde_json::json!({ "what": "stop" })).into_response()
}

async fn status(State(shared): State<Shared>) -> Response {
    let name = shared.plan.name.clone();
    match shared.inbox.ask(move |driver| Status::of(driver, &name)).await {
        Some(status) => Json(status).into_response(),
        None => over(),
    }
}

async fn endpoints(State(shared): State<Shared>) -> Response {
    Json(&*shared.endpoints).into_response()
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Export {
    at: Option<HostName>,
    #[serde(default)]
    to_add: bool,
}

async fn export(State(shared): State<Shared>, Query(Export { at, to_add }): Query<Export>) -> Response {
    let dcs = &shared.endpoints.dcs;
    let at = at.or_else(|| shared.endpoints.pdc().map(|pdc| pdc.name.clone()));
    // Whoever drives the run waits meanwhile: the directory is that of one instant.
    let ldif = |at| if to_add { shared.live.ldif_to_add(at) } else { shared.live.ldif(at) };
    match at.as_ref().and_then(ldif) {
        Some(ldif) => Json(serde_json::json!({ "at": at, "ldif": ldif })).into_response(),
        None => {
            let known: Vec<&str> = dcs.iter().map(|dc| dc.name.as_str()).collect();
            let help = format!("there are: {}", known.join(", "));
            refuse(Refused::new(
                422,
                format!("there is no domain controller `{}`", at.as_ref().map_or("", HostName::as_str)),
                help,
            ))
        }
    }
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    from: usize,
}

async fn events(State(shared): State<Shared>, Query(From { from }): Query<From>) -> Response {
    let events = shared.feed.from(from, MOST_EVENTS);
    let body = format!("[{}]", events.join(","));
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn stream_events(
    State(shared): State<Shared>,
    Query(From { from }): Query<From>,
) -> Sse<impl Stream<Item = Result<SseEvent, Infallible>>> {
    let count = shared.feed.count();
    let state = (shared.feed, count, from, Vec::<Arc<str>>::new());
    let events = stream::unfold(state, |(feed, mut count, mut place, mut ready)| async move {
        loop {
            if ready.is_empty() {
                count.mark_unchanged();
                ready = feed.from(place, 500);
                ready.reverse();
            }
            if let Some(event) = ready.pop() {
                let told = SseEvent::default().id(place.to_string()).data(&*event);
                place += 1;
                return Some((Ok(told), (feed, count, place, ready)));
            }
            count.changed().await.ok()?;
        }
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn page() -> Html<&'static str> {
    Html(include_str!("page.html"))
}
