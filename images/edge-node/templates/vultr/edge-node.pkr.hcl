packer {
  required_version = ">= 1.7.0"
  required_plugins {
    vultr = {
      source  = "github.com/vultr/vultr"
      version = "= 2.7.0"
    }
  }
}

variable "image_name" {
  type        = string
  description = "Description of the snapshot, by which it is found again; it has the content hash in it."
}

variable "region" {
  type        = string
  description = "Where the builder runs, such as \"ewr\". A snapshot can be used in every region."
}

variable "plan" {
  type        = string
  default     = "vc2-1c-1gb"
  description = "What the builder runs on. Nodes need a disk that is at least as large as its."
}

variable "os_id" {
  type        = number
  description = "Vultr's number of Debian 12 x64: https://api.vultr.com/v2/os lists them."
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

# The API key comes from VULTR_API_KEY.
source "vultr" "edge-node" {
  region_id            = var.region
  plan_id              = var.plan
  os_id                = var.os_id
  hostname             = "polycast-builder"
  instance_label       = "${var.image_name}-builder"
  snapshot_description = var.image_name
  state_timeout        = "30m"
  ssh_username         = "root"
}

build {
  sources = ["source.vultr.edge-node"]

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
