packer {
  required_version = ">= 1.7.0"
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = "= 1.8.2"
    }
  }
}

variable "image_name" {
  type        = string
  description = "Name of the AMI in every region; it has the content hash in it, and no two AMIs of a region have one name."
}

variable "regions" {
  type        = list(string)
  description = "The first one builds; the image is copied to the others."
}

variable "source_ami_name" {
  type        = string
  description = "The pinned base: a Debian 12 amd64 AMI, by its name, which is the same in every region."
}

variable "source_ami_owner" {
  type        = string
  description = "Account of the base: 136693071363 is Debian's (https://wiki.debian.org/Cloud/AmazonEC2Image)."
}

variable "instance_type" {
  type        = string
  default     = "t3.small"
  description = "What the builder runs on."
}

variable "kms_key_ids" {
  type        = map(string)
  default     = {}
  description = "Region -> KMS key for the image; where a region is not named, the account's default key for EBS there."
}

variable "ssh_cidrs" {
  type        = list(string)
  default     = []
  description = "Networks from which Packer reaches the builder, such as [\"198.51.100.7/32\"]; with none, this machine's public address, which checkip.amazonaws.com tells."
}

variable "subnet_id" {
  type        = string
  default     = ""
  description = "Subnet of the builder; it needs a public address. By default one of the default VPC."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of all that the build makes: the builder, its volume, the image, the snapshots."
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

# Credentials come from the environment, as for the AWS SDK.
source "amazon-ebs" "edge-node" {
  region        = var.regions[0]
  ami_regions   = var.regions
  ami_name      = var.image_name
  instance_type = var.instance_type
  subnet_id     = var.subnet_id
  ena_support   = true
  imds_support  = "v2.0"

  source_ami_filter {
    filters     = { name = var.source_ami_name }
    owners      = [var.source_ami_owner]
    most_recent = true
  }

  encrypt_boot       = true
  kms_key_id         = lookup(var.kms_key_ids, var.regions[0], "")
  region_kms_key_ids = { for region in var.regions : region => lookup(var.kms_key_ids, region, "") }

  ssh_username                              = "admin"
  temporary_key_pair_type                   = "ed25519"
  temporary_security_group_source_cidrs     = var.ssh_cidrs
  temporary_security_group_source_public_ip = length(var.ssh_cidrs) == 0
  associate_public_ip_address               = true
  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  tags          = var.tags
  snapshot_tags = var.tags
  # By this tag a builder is found again, which a run that was killed has left.
  run_tags        = merge(var.tags, { Name = "${var.image_name}-builder", "polycast:image-builder" = var.image_name })
  run_volume_tags = var.tags
}

build {
  sources = ["source.amazon-ebs.edge-node"]

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
