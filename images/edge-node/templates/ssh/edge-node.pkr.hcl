# A machine that is there already and is reached by SSH: a builder of a provider that Packer knows nothing of, such as
# StackPath, or the fresh Debian root of test/real-root.sh. No required_plugins: all is part of Packer, and Debian's
# Packer 1.6 refuses the block.

variable "ssh_host" {
  type        = string
  description = "Name or address of the machine."
}

variable "ssh_port" {
  type        = number
  default     = 22
  description = "Port of its sshd."
}

variable "ssh_username" {
  type        = string
  description = "Who logs in: root, or who may sudo without a password."
}

variable "ssh_private_key_file" {
  type        = string
  description = "The key that lets them in. The last script removes its public half from the machine."
}

variable "ssh_timeout" {
  type        = string
  default     = "10m"
  description = "How long to wait for the machine's sshd."
}

variable "output" {
  type        = string
  description = "Directory on this machine for manifest.json and packages.tsv."
}

variable "apt_mirror" {
  type        = string
  default     = "http://deb.debian.org/debian"
  description = "Debian's archive."
}

variable "apt_security_mirror" {
  type        = string
  default     = "http://deb.debian.org/debian-security"
  description = "Debian's archive of security updates."
}

variable "admin_cidrs" {
  type        = list(string)
  default     = []
  description = "Networks that may reach the administrative sshd; with none it is off."
}

variable "cloudwatch_agent_url" {
  type        = string
  default     = ""
  description = "The .deb of one version of amazon-cloudwatch-agent."
}

variable "cloudwatch_agent_sha256" {
  type        = string
  default     = ""
  description = "Its checksum."
}

variable "ssm_agent_url" {
  type        = string
  default     = ""
  description = "The .deb of one version of amazon-ssm-agent, for fleets whose logs go by ssmActivation; with none it is left out."
}

variable "ssm_agent_sha256" {
  type        = string
  default     = ""
  description = "The checksum of that."
}

variable "allow_missing" {
  type        = list(string)
  default     = []
  description = "Parts that the image may do without: cloudwatch-agent, node-exporter."
}

source "null" "edge-node" {
  communicator         = "ssh"
  ssh_host             = var.ssh_host
  ssh_port             = var.ssh_port
  ssh_username         = var.ssh_username
  ssh_private_key_file = var.ssh_private_key_file
  ssh_timeout          = var.ssh_timeout
}

build {
  sources = ["source.null.edge-node"]

  provisioner "shell" {
    # sshd answers before cloud-init is done, which may have apt at work and still write what is to be replaced.
    inline = [
      "timeout 600 systemctl is-system-running --wait || true",
      "rm -rf /tmp/polycast-build",
      "mkdir /tmp/polycast-build",
    ]
  }
  provisioner "file" {
    source      = "${path.root}/../../provision"
    destination = "/tmp/polycast-build"
  }
  provisioner "file" {
    source      = "${path.root}/../../checks"
    destination = "/tmp/polycast-build"
  }
  provisioner "shell" {
    environment_vars = [
      "POLYCAST_APT_MIRROR=${var.apt_mirror}",
      "POLYCAST_APT_SECURITY_MIRROR=${var.apt_security_mirror}",
      "POLYCAST_ADMIN_CIDRS=${join(",", var.admin_cidrs)}",
      "POLYCAST_CLOUDWATCH_AGENT_URL=${var.cloudwatch_agent_url}",
      "POLYCAST_CLOUDWATCH_AGENT_SHA256=${var.cloudwatch_agent_sha256}",
      "POLYCAST_SSM_AGENT_URL=${var.ssm_agent_url}",
      "POLYCAST_SSM_AGENT_SHA256=${var.ssm_agent_sha256}",
      "POLYCAST_ALLOW_MISSING=${join(",", var.allow_missing)}",
    ]
    execute_command = "chmod +x {{ .Path }}; if [ $(id -u) = 0 ]; then {{ .Vars }} {{ .Path }}; else {{ .Vars }} sudo -E {{ .Path }}; fi"
    inline_shebang  = "/bin/sh -e"
    inline = [
      "sh /tmp/polycast-build/provision/run.sh",
      "sh /usr/lib/polycast/checks/run.sh image",
      "rm -rf /tmp/polycast-build",
    ]
  }
  provisioner "file" {
    direction   = "download"
    source      = "/usr/share/polycast/packages.tsv"
    destination = "${var.output}/packages.tsv"
  }

  post-processor "manifest" {
    output = "${var.output}/manifest.json"
  }
}
