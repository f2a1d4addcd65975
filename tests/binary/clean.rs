//! `mockdc clean`, against an engine that only listens: what it is asked to remove, and what not.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};

use super::command::{Ran, Tested, mockdc_with};

/// What was to be deleted, in the order of the requests.
type Deleted = Arc<Mutex<Vec<String>>>;

/// Speaks as much of an engine's interface as `clean` uses, and notes what is to be deleted.
fn engine() -> Result<(String, Deleted), std::io::Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("tcp://{}", listener.local_addr()?);
    let deleted = Deleted::default();
    let notes = Arc::clone(&deleted);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let notes = Arc::clone(&notes);
            std::thread::spawn(move || serve(stream, &notes));
        }
    });
    Ok((address, deleted))
}

fn serve(mut stream: std::net::TcpStream, notes: &Mutex<Vec<String>>) -> Option<()> {
    let mut requests = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut request = String::new();
        if requests.read_line(&mut request).ok()? == 0 {
            return None;
        }
        let mut header = String::new();
        while requests.read_line(&mut header).ok()? > 2 {
            header.clear();
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let path = target.split('?').next()?;
        let labels = r#"{"mockdc.run": "r1", "mockdc.owner": "1:1:another-machine"}"#;
        let body = match (method, path.rsplit('/').next()?) {
            ("DELETE", _) => {
                let (_, what) =
                    path.split_once("/v1").and_then(|(_, rest)| rest.split_once('/')).unwrap_or(("", path));
                notes
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(what.trim_start_matches('/').replace("%3A", ":"));
                "[]".to_owned()
            }
            (_, "version") => r#"{"ApiVersion": "1.41", "Version": "20.10"}"#.to_owned(),
            (_, "networks") => format!(r#"[{{"Id": "n1", "Name": "mockdc-r1", "Labels": {labels}}}]"#),
            (_, "volumes") => r#"{"Volumes": [], "Warnings": []}"#.to_owned(),
            (_, "json") if path.contains("containers") => format!(r#"[{{"Id": "c1", "Labels": {labels}}}]"#),
            _ => {
                let image = |tags: &str| {
                    format!(
                        r#"{{"Id": "sha256:1", "ParentId": "", "RepoTags": [{tags}], "RepoDigests": [], "Created": 1, "Size": 1, "SharedSize": -1, "Labels": {{}}, "Containers": -1}}"#
                    )
                };
                let images = [
                    image("\"mockdc-base:bookworm\""),
                    image("\"debian:bookworm-slim\", \"mockdc-samba:0123456789ab\""),
                    image("\"mockdc-samba-not:1\""),
                ];
                format!("[{}]", images.join(","))
            }
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).ok()?;
    }
}

fn clean(arguments: &[&str]) -> Result<(Ran, Vec<String>), Box<dyn std::error::Error>> {
    let (address, deleted) = engine()?;
    let ran = mockdc_with(&[&["clean"], arguments].concat(), &[("DOCKER_HOST", &address)])?;
    let mut deleted = deleted.lock().unwrap_or_else(PoisonError::into_inner).clone();
    deleted.sort();
    Ok((ran, deleted))
}

#[test]
fn a_dry_run_says_what_would_go_and_removes_nothing() -> Tested {
    let (ran, deleted) = clean(&["--images", "--dry-run"])?;
    assert_eq!((ran.code, deleted.len()), (0, 0), "{ran:?} {deleted:?}");
    assert_eq!(ran.out, "would be removed: 1 container, 1 network, 2 images\n");
    Ok(())
}

#[test]
fn images_go_only_when_asked_for_and_only_ours() -> Tested {
    let (ran, deleted) = clean(&[])?;
    assert_eq!((ran.code, ran.out.as_str()), (0, "removed: 1 container, 1 network\n"), "{ran:?}");
    assert_eq!(deleted, ["containers/c1", "networks/n1"]);
    let (ran, deleted) = clean(&["--images"])?;
    assert_eq!((ran.code, ran.out.as_str()), (0, "removed: 1 container, 1 network, 2 images\n"), "{ran:?}");
    let ours =
        ["containers/c1", "images/mockdc-base:bookworm", "images/mockdc-samba:0123456789ab", "networks/n1"];
    assert_eq!(deleted, ours);
    Ok(())
}
