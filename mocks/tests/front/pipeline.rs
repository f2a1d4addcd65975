//! More at once than is answered in one turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use mockdc_mocks::ldap::message_length;
use mockdc_mocks::{Caller, FaultKind, Operation, Span, Verb};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::start::{bind, tlv};
use super::{ADMINISTRATOR, BASE, Field, Outcome, delayed};

/// So many messages are answered in one turn.
const TURN: usize = 64;
/// So many are sent in one write.
const VOLLEY: usize = 130;
/// The most that one write may have, so that it comes in one piece.
const PIECE: usize = 4096;

fn message(id: usize, operation: &[u8]) -> Vec<u8> {
    tlv(0x30, &[tlv(2, &(id as u16).to_be_bytes()), operation.to_vec()].concat())
}

/// A search of the root that finds nothing.
fn search(id: usize) -> Vec<u8> {
    let head = [tlv(4, b""), tlv(10, &[0]), tlv(10, &[0]), tlv(2, &[0]), tlv(2, &[0])].concat();
    let tail = [tlv(1, &[0]), tlv(0x87, b"cn"), tlv(0x30, b"")].concat();
    message(id, &tlv(0x63, &[head, tail].concat()))
}

/// Another description of the domain.
fn describe(id: usize) -> Vec<u8> {
    let attribute = [tlv(4, b"description"), tlv(0x31, &tlv(4, &[b'a' + (id % 26) as u8]))].concat();
    let change = tlv(0x30, &[tlv(10, &[2]), tlv(0x30, &attribute)].concat());
    message(id, &tlv(0x66, &[tlv(4, BASE.as_bytes()), tlv(0x30, &change)].concat()))
}

/// The number and the code of an answer, which has lengths of four octets.
fn read(answer: &[u8]) -> (usize, u8) {
    let digits = usize::from(answer[7]);
    let id = answer[8..8 + digits].iter().fold(0, |sum, octet| (sum << 8) | usize::from(*octet));
    // A tag and its length, a tag and its length of one octet, the code.
    (id, answer[8 + digits + 6 + 2])
}

/// Reads so many answers, or fewer if the controller hangs up.
async fn answers(stream: &mut TcpStream, count: usize) -> Result<Vec<(usize, u8)>, std::io::Error> {
    let (mut input, mut answers) = (Vec::new(), Vec::new());
    loop {
        while let Some(length) =
            message_length(&input).unwrap_or_default().filter(|length| *length <= input.len())
        {
            answers.push(read(&input[..length]));
            input.drain(..length);
        }
        if answers.len() >= count || stream.read_buf(&mut input).await? == 0 {
            return Ok(answers);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_a_turn_is_answered_in_its_order_and_others_write_between_turns_alone() -> Outcome {
    let field = Field::new(delayed()).await?;
    let admin = Caller::domain("PDC1", "Administrator", "Adm1n-password!");
    let verb = Verb::UserSetComment { user: "jdoe".into(), comment: "busy".into() };
    let operation = Operation::new("PDC1", verb);
    // How many searches there were, when somebody else is told to write, and that this one is about to.
    let searched = Arc::new(AtomicUsize::new(0));
    let (tell, told) = channel();
    let (begin, begun) = channel::<()>();
    let count = searched.clone();
    field.live.observe(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) % VOLLEY == 10 {
            let _ = tell.send(());
            let _ = begun.recv();
        }
    });
    let (live, count, (place, places)) = (field.live.clone(), searched.clone(), channel());
    std::thread::spawn(move || {
        for () in told {
            let _ = begin.send(());
            let outcome = live.with(|domain, now| {
                let _ = place.send(count.load(Ordering::SeqCst));
                domain.apply(now, &admin, &operation)
            });
            assert!(outcome.answer.is_ok(), "{outcome:?}");
        }
    });
    let mut stream = TcpStream::connect(field.pdc.ldap_address().ok_or("no address")?).await?;
    let volley: Vec<u8> = (1..=VOLLEY).flat_map(search).collect();
    assert!(volley.len() <= PIECE, "{} octets", volley.len());
    let expected: Vec<_> = (1..=VOLLEY).map(|id| (id, 0)).collect();
    for round in 0..50 {
        stream.write_all(&volley).await?;
        assert_eq!(answers(&mut stream, VOLLEY).await?, expected);
        let place = places.recv()? - round * VOLLEY;
        assert!([TURN, 2 * TURN, VOLLEY].contains(&place), "a write after {place} of {VOLLEY}");
    }
    assert_eq!(searched.load(Ordering::SeqCst), 50 * VOLLEY);
    Ok(())
}

/// Each turn in which something happens is told once.
#[tokio::test]
async fn many_writes_at_once_are_few_turns() -> Outcome {
    let field = Field::new(delayed()).await?;
    let mut stream = TcpStream::connect(field.pdc.ldap_address().ok_or("no address")?).await?;
    stream.write_all(&bind(1, ADMINISTRATOR)).await?;
    assert_eq!(answers(&mut stream, 1).await?, [(1, 0)]);
    let before = *field.live.changes().borrow();
    let volley: Vec<u8> = (0..VOLLEY).flat_map(describe).collect();
    stream.write_all(&volley).await?;
    let expected: Vec<_> = (0..VOLLEY).map(|id| (id, 0)).collect();
    assert_eq!(answers(&mut stream, VOLLEY).await?, expected);
    // What comes in several pieces is answered piece by piece.
    let turns = *field.live.changes().borrow() - before;
    let least = VOLLEY.div_ceil(TURN) as u64;
    assert!((least..2 * least + 2).contains(&turns), "{turns} turns");
    Ok(())
}

#[tokio::test]
async fn what_was_answered_before_a_controller_crashes_still_comes() -> Outcome {
    let crash = FaultKind::Crash { at: "PDC1".into(), loses_unreplicated: false };
    let field = Field::new(delayed().fault("crash", crash, Span::mins(10), Some(Span::mins(20)))).await?;
    let (told, hand) = (Arc::new(AtomicUsize::new(0)), field.hand.clone());
    let count = told.clone();
    // With the last operation of the first turn it is time to crash.
    field.live.observe(move |_| {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == TURN {
            hand.to(Span::mins(10));
        }
    });
    let mut volley = bind(1, ADMINISTRATOR);
    volley.extend((2..=TURN + 8).flat_map(describe));
    assert!(volley.len() <= PIECE, "{} octets", volley.len());
    let mut stream = TcpStream::connect(field.pdc.ldap_address().ok_or("no address")?).await?;
    stream.write_all(&volley).await?;
    let expected: Vec<_> = (1..=TURN).map(|id| (id, 0)).collect();
    assert_eq!(answers(&mut stream, TURN + 8).await?, expected);
    assert_eq!(told.load(Ordering::SeqCst), TURN, "nothing is done behind the crash");
    Ok(())
}
