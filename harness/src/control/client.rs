//! Speaking to a control API: what `mockdc ctl` does.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use super::Refused;

/// Whoever speaks to a control API.
#[derive(Clone, Debug)]
pub struct Client {
    authority: String,
    token: String,
}

/// Why a control API could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is none of a control API.
    #[error("`{0}` is no address of a control API: one looks like http://127.0.0.1:8389")]
    Url(String),
    /// Nobody answers. Remedy: is the run over? Its address is printed when it starts.
    #[error("no control API answers at {0}: {1}")]
    Unreachable(String, String),
    /// The answer says no.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl Client {
    /// For a control API at `url`, with its token.
    pub fn new(url: &str, token: &str) -> Result<Client, ClientError> {
        let authority = url.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        match authority.filter(|authority| !authority.is_empty() && !authority.contains('/')) {
            Some(authority) => Ok(Client { authority: authority.to_owned(), token: token.trim().to_owned() }),
            None => Err(ClientError::Url(url.to_owned())),
        }
    }

    /// Asks, and gives the answer's JSON.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, ClientError> {
        let response = self.send(method, path, body).await?;
        let status = response.status().as_u16();
        let bytes =
            response.into_body().collect().await.map_err(|error| self.unreachable(&error))?.to_bytes();
        if status == 200 {
            return serde_json::from_slice(&bytes).map_err(|error| self.unreachable(&error));
        }
        let refused = serde_json::from_slice::<Refused>(&bytes);
        Err(refused
            .map(|refused| Refused { status, ..refused })
            .unwrap_or_else(|_| Refused::new(status, format!("the answer is HTTP status {status}"), ""))
            .into())
    }

    /// Follows the events from a place on; `tell` is called with each, and says whether to go on.
    pub async fn follow(&self, from: usize, mut tell: impl FnMut(&str) -> bool) -> Result<(), ClientError> {
        let path = format!("/v1/events/stream?from={from}");
        let response = self.send(Method::GET, &path, None).await?;
        if response.status() != 200 {
            return Err(Refused::new(response.status().as_u16(), "the token is missing or wrong", "").into());
        }
        let mut body = response.into_body();
        let mut text = Vec::new();
        while let Some(frame) = body.frame().await {
            // A stream that breaks off ends with its run.
            let Ok(frame) = frame else { return Ok(()) };
            let Ok(data) = frame.into_data() else { continue };
            text.extend_from_slice(&data);
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                if let Some(event) = line.trim_end().strip_prefix("data: ")
                    && !tell(event)
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response<Incoming>, ClientError> {
        let connect = TcpStream::connect(&self.authority);
        let stream = tokio::time::timeout(Duration::from_secs(5), connect)
            .await
            .map_err(|_| self.unreachable(&"nothing for five seconds"))?
            .map_err(|error| self.unreachable(&error))?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| self.unreachable(&error))?;
        // The connection ends with its answer.
        tokio::spawn(async move { drop(connection.await) });
        let text = body.map(ToString::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", &self.authority)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(text)))
            .map_err(|error| self.unreachable(&error))?;
        sender.send_request(request).await.map_err(|error| self.unreachable(&error))
    }

    fn unreachable(&self, error: &dyn std::fmt::Display) -> ClientError {
        ClientError::Unreachable(self.authority.clone(), error.to_string())
    }
}
