//! The timeline as it grows, for whoever watches.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::report::{Cast, describe, instant};
use crate::run::Stage;

/// Events that were published, each as JSON, in order; cheap to clone.
#[derive(Clone)]
pub struct Feed {
    events: Arc<Mutex<Vec<Arc<str>>>>,
    cast: Arc<Mutex<Cast>>,
    count: watch::Sender<usize>,
}

impl Default for Feed {
    fn default() -> Feed {
        Feed { events: Arc::default(), cast: Arc::default(), count: watch::Sender::new(0) }
    }
}

impl Feed {
    /// Publishes what a stage has recorded since the last time.
    pub fn publish(&self, stage: &Stage) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cast = self.cast.lock().unwrap_or_else(PoisonError::into_inner);
        let before = events.len();
        stage.events(|recorded| {
            for event in recorded.range(before..) {
                cast.add(event);
                let mut json = serde_json::to_value(event).unwrap_or_default();
                json["time"] = instant(event.at).into();
                json["who"] = cast.role(event).into();
                json["what"] = describe(event).into();
                events.push(json.to_string().into());
            }
        });
        if events.len() > before {
            self.count.send_replace(events.len());
        }
    }

    /// At most `most` events from a place on.
    pub fn from(&self, place: usize, most: usize) -> Vec<Arc<str>> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.get(place..).unwrap_or_default().iter().take(most).cloned().collect()
    }

    /// How many there are, and when that changes.
    pub fn count(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
}
