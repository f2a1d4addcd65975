//! Answers that a fault on the wire spoils.

use std::io;

use super::line::Line;
use super::server::Front;
use super::{message_length, network};
use crate::{WireCut, WireEffect};

/// What the connection does behind a spoilt answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It goes on.
    GoesOn,
    /// It is reset.
    Reset,
    /// It is closed.
    Close,
    /// The client has left, or the controller went down.
    Gone,
}

/// A tag that no message begins with.
const NO_MESSAGE: u8 = 0x31;

/// Sends an answer, or what an effect leaves of it.
pub(super) async fn spoil(
    front: &Front,
    line: &mut Line,
    effect: WireEffect,
    answer: &mut Vec<u8>,
) -> io::Result<After> {
    let mut answer = std::mem::take(answer);
    match effect {
        WireEffect::Drip { octets, pause } => {
            let octets = usize::try_from(octets).unwrap_or(usize::MAX).max(1);
            for piece in line.wrap(answer).chunks(octets) {
                let due = front.live.now() + pause;
                if line.unless_gone(network::until(front, due)).await != Some(true) {
                    return Ok(After::Gone);
                }
                line.stream.write(piece).await?;
            }
            Ok(After::GoesOn)
        }
        WireEffect::Cut(WireCut::Malform) => {
            if let Some(first) = answer.first_mut() {
                *first = NO_MESSAGE;
            }
            line.write(&mut answer).await?;
            Ok(After::GoesOn)
        }
        WireEffect::Cut(cut) => {
            // Of a frame that is protected nobody sees where a message ends.
            let place = if line.protector.is_some() { None } else { Some(middle(&answer)) };
            let bytes = line.wrap(answer);
            line.stream.write(&bytes[..place.unwrap_or(bytes.len() / 2)]).await?;
            Ok(if cut == WireCut::Reset { After::Reset } else { After::Close })
        }
        WireEffect::Hang { .. } | WireEffect::Result { .. } => loop {
            line.input.clear();
            if line.read(usize::MAX).await? == 0 {
                return Ok(After::Gone);
            }
        },
    }
}

/// The middle of the message that the middle of an answer lies in; of the entry before it where that is the last one.
fn middle(answer: &[u8]) -> usize {
    let (mut start, mut before) = (0, None);
    while let Some(length) = message_length(&answer[start..]).ok().flatten() {
        let end = start + length;
        if end >= answer.len() {
            let (start, length) = before.unwrap_or((start, length));
            return start + length / 2;
        }
        if end > answer.len() / 2 {
            return start + length / 2;
        }
        before = Some((start, length));
        start = end;
    }
    answer.len() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of so many octets behind its head.
    fn message(octets: u8) -> Vec<u8> {
        [vec![0x30, octets], vec![0; octets.into()]].concat()
    }

    #[test]
    fn an_answer_is_cut_in_the_midst_of_a_message_and_of_an_entry_where_there_is_one() {
        let (entry, done) = (message(60), message(12));
        assert_eq!(middle(&done), 7);
        assert_eq!(middle(&[entry.clone(), done.clone()].concat()), 31);
        // Two that are alike: the middle lies in the second.
        assert_eq!(middle(&[entry.clone(), entry, done.clone()].concat()), 62 + 31);
        assert_eq!(middle(&[message(2), done].concat()), 2, "the entry, however small it is");
        assert_eq!(middle(&[]), 0);
    }
}
