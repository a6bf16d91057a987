//! `autocode tunnel HOST PORT`: carries standard input and output to a host outside, through the cell's proxy.
//!
//! For programs that know no proxy but can be given a command that connects, ssh above all. Must not decide who may go where.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream},
    process::ExitCode,
    thread,
    time::Duration,
};

use autocode_sandbox::PROXY_PORT;

/// For reaching the proxy, and then for its answer, which looks the host up and connects.
const LIMIT: Duration = Duration::from_secs(40);
/// Most bytes of an answer before the tunnel is open.
const MAX_HEAD: u64 = 8 * 1024;

/// Carries until the other end closes; says on standard error why it cannot.
pub fn tunnel(host: &str, port: u16) -> ExitCode {
    let proxy = SocketAddr::from((Ipv4Addr::LOCALHOST, PROXY_PORT));
    match open(proxy, host, port).and_then(|(answers, stream)| carry(answers, stream)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{host}:{port} cannot be reached: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Asks the proxy for a connection; what it said no to is in the error.
fn open(proxy: SocketAddr, host: &str, port: u16) -> io::Result<(BufReader<TcpStream>, TcpStream)> {
    let mut stream = TcpStream::connect_timeout(&proxy, LIMIT)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    stream.write_all(format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n").as_bytes())?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut head = (&mut answers).take(MAX_HEAD);
    let mut status = String::new();
    head.read_line(&mut status)?;
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    if status.split(' ').nth(1) != Some("200") {
        let mut reason = String::new();
        head.read_to_string(&mut reason)?;
        let reason = if reason.trim().is_empty() { status } else { reason };
        return Err(io::Error::other(reason.trim().to_owned()));
    }
    stream.set_read_timeout(None)?;
    Ok((answers, stream))
}

fn carry(mut answers: BufReader<TcpStream>, mut stream: TcpStream) -> io::Result<()> {
    // Ends with the process: nobody can wait for input that may never come.
    thread::spawn(move || {
        let sent =
            io::copy(&mut io::stdin().lock(), &mut stream).and_then(|_| stream.shutdown(Shutdown::Write));
        if let Err(error) = sent {
            eprintln!("the connection broke: {error}");
        }
    });
    let mut out = io::stdout().lock();
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = answers.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        out.write_all(&buffer[..count])?;
        out.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// What is asked of a proxy that gives `answer`, and what comes of it.
    fn ask(answer: &'static str, host: &str) -> (String, io::Result<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = listener.local_addr().unwrap();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = String::new();
            let mut lines = BufReader::new(stream.try_clone().unwrap());
            while !asked.ends_with("\r\n\r\n") {
                lines.read_line(&mut asked).unwrap();
            }
            stream.write_all(answer.as_bytes()).unwrap();
            asked
        });
        let opened = open(proxy, host, 22).and_then(|(mut answers, _)| {
            let mut first = String::new();
            answers.read_to_string(&mut first).map(|_| first)
        });
        (served.join().unwrap(), opened)
    }

    #[test]
    fn what_comes_right_behind_the_answer_is_not_lost() {
        let (asked, first) = ask("HTTP/1.1 200 Connection established\r\n\r\nSSH-2.0-x\r\n", "example.org");
        assert_eq!(asked, "CONNECT example.org:22 HTTP/1.1\r\nHost: example.org:22\r\n\r\n");
        assert_eq!(first.unwrap(), "SSH-2.0-x\r\n");
        let (asked, _) = ask("HTTP/1.1 200 OK\r\n\r\n", "2001:db8::1");
        assert_eq!(asked.lines().next(), Some("CONNECT [2001:db8::1]:22 HTTP/1.1"));
    }

    #[test]
    fn a_refusal_is_told_in_the_proxys_words() {
        let refused = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\nAutoCode: not for agents.\n";
        assert_eq!(ask(refused, "example.org").1.unwrap_err().to_string(), "AutoCode: not for agents.");
        let bare = "HTTP/1.1 502 Bad Gateway\r\n\r\n";
        assert_eq!(ask(bare, "example.org").1.unwrap_err().to_string(), "HTTP/1.1 502 Bad Gateway");
        assert!(ask("", "example.org").1.is_err());
    }
}
