//! Who is compared, where their programs come from, and how each is set up: one core, log on,
//! no limits in the way, and an answer as long as the proxy's.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::command::run;
use crate::proxy::load::{Request, Target};
use crate::proxy::ours::Home;
use crate::proxy::process::{Server, free_port, on_server_core};
use crate::proxy::provider::ACCESS_TOKEN;

const SCRIPTS: &str = "tests/bench/peers";

/// A server under measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rival {
    /// This workspace's proxy, answering from memory.
    Ours,
    /// nginx, answering a fixed body, with its log as Debian sets it up: a write a line.
    Nginx,
    /// The same, with a log that is written in blocks.
    NginxBuffered,
    /// Apache with mod_auth_openidc's session check before a small file.
    Apache,
    /// Node.js with express-openid-connect's session check before a fixed body.
    Express,
}

/// Installs what is missing, by Debian's and npm's package names.
///
/// # Errors
/// Where that does not succeed.
pub(crate) fn install() -> io::Result<()> {
    let missing = [
        "/usr/bin/wrk",
        "/usr/sbin/nginx",
        "/usr/sbin/apache2",
        "/usr/bin/npm",
    ];
    let module = "/usr/lib/apache2/modules/mod_auth_openidc.so";
    if missing
        .iter()
        .chain([&module])
        .any(|path| !Path::new(path).exists())
    {
        run(Command::new("apt-get").args(["update", "-qq"]))?;
        run(Command::new("apt-get")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args([
                "wrk",
                "nginx-light",
                "apache2",
                "libapache2-mod-auth-openidc",
                "npm",
            ])
            .env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    for folder in [SCRIPTS, "tests/peers"] {
        if !Path::new(folder).join("node_modules").exists() {
            run(Command::new("npm").args([
                "--prefix",
                folder,
                "ci",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ]))?;
        }
    }
    Ok(())
}

impl Rival {
    /// All of them, in the order of the report.
    pub(crate) const ALL: [Self; 5] = [
        Self::Ours,
        Self::Nginx,
        Self::NginxBuffered,
        Self::Apache,
        Self::Express,
    ];

    /// Its name in the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "spotifinfo-proxy",
            Self::Nginx => "nginx, a fixed body",
            Self::NginxBuffered => "nginx, a fixed body, log in blocks",
            Self::Apache => "Apache, mod_auth_openidc",
            Self::Express => "Node.js, express-openid-connect",
        }
    }

    /// Starts it, with a session where it has such.
    ///
    /// # Errors
    /// Where it does not start or the login does not succeed.
    pub(crate) fn start(self, folder: &Path, home: &Home) -> io::Result<Target> {
        match self {
            Self::Ours => ours(home),
            Self::Nginx => nginx(folder, ""),
            Self::NginxBuffered => nginx(folder, " buffer=64k"),
            Self::Apache => apache(folder),
            Self::Express => express(folder),
        }
    }
}

/// As long as what the proxy answers.
fn body() -> String {
    let token = "x".repeat(ACCESS_TOKEN);
    format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":3600}}")
}

fn ours(home: &Home) -> io::Result<Target> {
    let server = home.start()?;
    let request = home.token_request(0);
    // The first one is a refresh.
    request.once(server.address)?;
    Ok(Target {
        servers: vec![server],
        request,
    })
}

fn nginx(folder: &Path, buffer: &str) -> io::Result<Target> {
    let (home, port) = (folder.join("nginx"), free_port()?);
    fs::create_dir_all(&home)?;
    let at = home.display();
    let body = body();
    let text = format!(
        "daemon off;\nworker_processes 1;\npid {at}/pid;\nerror_log {at}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log {at}/access.log combined{buffer};\n  keepalive_requests 1000000000;\n  \
         client_body_temp_path {at}/body;\n  proxy_temp_path {at}/proxy;\n  fastcgi_temp_path {at}/fastcgi;\n  \
         uwsgi_temp_path {at}/uwsgi;\n  scgi_temp_path {at}/scgi;\n  \
         server {{\n    listen 127.0.0.1:{port};\n    location = /api/token {{\n      \
         default_type application/json;\n      return 200 '{body}';\n    }}\n  }}\n}}\n"
    );
    fs::write(home.join("nginx.conf"), text)?;
    let mut command = on_server_core(Path::new("/usr/sbin/nginx"));
    command
        .arg("-c")
        .arg(home.join("nginx.conf"))
        .arg("-p")
        .arg(&home);
    let server = Server::start(&mut command, port, &home.join("said"))?;
    let request = Request::new("POST", "/api/token", "state=none");
    Ok(Target {
        servers: vec![server],
        request,
    })
}

fn apache(folder: &Path) -> io::Result<Target> {
    let (home, port) = (folder.join("apache"), free_port()?);
    fs::create_dir_all(home.join("www/api"))?;
    fs::write(home.join("www/api/token"), body())?;
    let origin = format!("http://127.0.0.1:{port}");
    let (provider, issuer) = provider(folder, &format!("{origin}/api/callback"))?;
    let at = home.display();
    let modules: String = [
        "mpm_event",
        "authn_core",
        "authz_core",
        "authz_user",
        "auth_openidc",
    ]
    .iter()
    .map(|name| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"))
    .collect();
    let text = format!(
        "ServerRoot {at}\nPidFile {at}/pid\nListen 127.0.0.1:{port}\nServerName 127.0.0.1\n{modules}\
         User www-data\nGroup www-data\nErrorLog {at}/error.log\n\
         LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{{Referer}}i\\\" \\\"%{{User-Agent}}i\\\"\" combined\n\
         CustomLog {at}/access.log combined\nDocumentRoot {at}/www\n\
         StartServers 1\nServerLimit 1\nMinSpareThreads 16\nThreadsPerChild 64\nMaxRequestWorkers 64\n\
         MaxKeepAliveRequests 0\nKeepAliveTimeout 60\n\
         OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration\n\
         OIDCClientID spotifinfo\nOIDCClientSecret benchmark\nOIDCRedirectURI {origin}/api/callback\n\
         OIDCCryptoPassphrase 0123456789abcdef0123456789abcdef\nOIDCScope openid\n\
         <Location />\n  AuthType openid-connect\n  Require valid-user\n  ForceType application/json\n</Location>\n"
    );
    fs::write(home.join("apache.conf"), text)?;
    let mut command = on_server_core(Path::new("/usr/sbin/apache2"));
    command
        .arg("-DFOREGROUND")
        .arg("-f")
        .arg(home.join("apache.conf"));
    logged_in(command, vec![provider], port, &home)
}

fn express(folder: &Path) -> io::Result<Target> {
    let (home, port) = (folder.join("express"), free_port()?);
    fs::create_dir_all(&home)?;
    let origin = format!("http://127.0.0.1:{port}");
    let (provider, issuer) = provider(folder, &format!("{origin}/callback"))?;
    let mut command = on_server_core(Path::new("/usr/bin/node"));
    command
        .arg(format!("{SCRIPTS}/express.js"))
        .args([&port.to_string(), &issuer, &body()])
        .env("NODE_ENV", "production");
    logged_in(command, vec![provider], port, &home)
}

/// Starts the server, and lets a visitor log in.
fn logged_in(
    mut command: Command,
    mut servers: Vec<Server>,
    port: u16,
    home: &Path,
) -> io::Result<Target> {
    let server = Server::start(&mut command, port, &home.join("said"))?;
    let address = server.address;
    servers.push(server);
    let login = Command::new("node")
        .arg(format!("{SCRIPTS}/login.js"))
        .arg(format!("http://{address}/api/token"))
        .output()?;
    if !login.status.success() {
        let said = String::from_utf8_lossy(&login.stderr);
        return Err(io::Error::other(format!("no login at {address}: {said}")));
    }
    let cookie = String::from_utf8_lossy(&login.stdout).trim().to_owned();
    let request = Request::new("POST", "/api/token", &cookie).at(address);
    let answer = request.once(address)?;
    if answer != body() {
        return Err(io::Error::other(format!("an unexpected answer: {answer}")));
    }
    Ok(Target { servers, request })
}

/// An OpenID provider for the logins; gives its issuer.
fn provider(folder: &Path, redirect_uri: &str) -> io::Result<(Server, String)> {
    let port = free_port()?;
    let mut command = Command::new("node");
    command
        .arg("tests/peers/servers/oidc-provider.js")
        .args([&port.to_string(), redirect_uri])
        .env("CLIENT_SECRET", "benchmark");
    let server = Server::start(&mut command, port, &folder.join("provider"))?;
    Ok((server, format!("http://localhost:{port}")))
}
