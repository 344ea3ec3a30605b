#Requires -Version 5.1
<#
.SYNOPSIS
Lets the broker read (and send from) shared mailboxes in Exchange Online, and checks what stands in its way.

.DESCRIPTION
For Azure Cloud Shell (shell.azure.com, PowerShell), which brings the module ExchangeOnlineManagement and is signed in; it
also runs in any PowerShell from 5.1 on that has the module. Run it as often as you like: what is there already stays as it is.

In one of two ways:
  -AppId and -ObjectId   The app opens the mailboxes by itself. It is registered in Exchange, and gets FullAccess and SendAs.
  -Person                A person reads the shared mailboxes with their own sign-in. The person gets the rights.

Without either, it only checks. Of each mailbox it says whether IMAP is on and whether authenticated SMTP is off; -Fix
switches IMAP on and authenticated SMTP on, for these mailboxes alone.

You need the role Exchange Administrator. Exchange takes up to an hour until a new right counts.

.PARAMETER Mailbox
Addresses of the mailboxes.

.PARAMETER AppId
Application (client) id of the Entra application.

.PARAMETER ObjectId
Object id of the *enterprise application* (az ad sp show --id APPID --query id), not that of the app registration.

.PARAMETER Person
Address of the person through whom the mailboxes are read.

.PARAMETER ReadOnly
Leaves SendAs out.

.PARAMETER Fix
Switches IMAP and authenticated SMTP on where they are off.

.EXAMPLE
./exchange.ps1 -Mailbox support@contoso.example, sales@contoso.example -AppId APPID -ObjectId OBJECTID -WhatIf

.EXAMPLE
./exchange.ps1 -Mailbox support@contoso.example -Person ada@contoso.example -ReadOnly

.EXAMPLE
./exchange.ps1 -Mailbox ada@contoso.example -Fix
#>
[CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Check')]
param(
    [Parameter(Mandatory)] [ValidateNotNullOrEmpty()] [string[]] $Mailbox,
    [Parameter(Mandatory, ParameterSetName = 'App')] [guid] $AppId,
    [Parameter(Mandatory, ParameterSetName = 'App')] [guid] $ObjectId,
    [Parameter(Mandatory, ParameterSetName = 'Person')] [ValidateNotNullOrEmpty()] [string] $Person,
    [Parameter(ParameterSetName = 'App')] [Parameter(ParameterSetName = 'Person')] [switch] $ReadOnly,
    [switch] $Fix
)

# -ErrorAction stands at each command: those of Exchange are functions of a module, which do not see our preference.
Import-Module -Name ExchangeOnlineManagement -MinimumVersion 3.0.0 -ErrorAction Stop
$connected = Get-ConnectionInformation | Where-Object -Property State -EQ -Value 'Connected'
if (-not $connected) {
    # Cloud Shell has no browser of its own to open.
    if ($env:ACC_CLOUD) { Connect-ExchangeOnline -Device -ShowBanner:$false -ErrorAction Stop }
    else { Connect-ExchangeOnline -ShowBanner:$false -ErrorAction Stop }
}

# Who gets the rights; nobody where it only checks.
$trustee = $null
$trusteeExists = $true
if ($PSCmdlet.ParameterSetName -eq 'Person') {
    $trustee = $Person
}
if ($PSCmdlet.ParameterSetName -eq 'App') {
    $trustee = [string] $ObjectId
    # An identity that Exchange does not know answers with *all* of them: so the answer is looked through.
    $registered = Get-ServicePrincipal -ErrorAction Stop | Where-Object -Property AppId -EQ -Value ([string] $AppId)
    if ($registered -and [string] $registered.ObjectId -ne [string] $ObjectId) {
        throw "Exchange knows the app $AppId under the object id $($registered.ObjectId), not $ObjectId. Give the object id of the enterprise application: az ad sp show --id $AppId --query id"
    }
    if (-not $registered) {
        $trusteeExists = $false
        if ($PSCmdlet.ShouldProcess("app $AppId", 'Register in Exchange')) {
            New-ServicePrincipal -AppId $AppId -ObjectId $ObjectId -DisplayName 'Mail broker' -ErrorAction Stop | Out-Null
            $trusteeExists = $true
        }
    }
}

# Null for a mailbox means: as the organisation has it.
$smtpOffForAll = (Get-TransportConfig -ErrorAction Stop).SmtpClientAuthenticationDisabled

$results = foreach ($address in $Mailbox) {
    $left = [System.Collections.Generic.List[string]]::new()
    try {
        $access = Get-CASMailbox -Identity $address -ErrorAction Stop

        if (-not $access.ImapEnabled) {
            if ($Fix -and $PSCmdlet.ShouldProcess($address, 'Switch IMAP on')) {
                Set-CASMailbox -Identity $address -ImapEnabled $true -ErrorAction Stop
            }
            else { $left.Add('IMAP is off (-Fix)') }
        }

        $smtpOff = $access.SmtpClientAuthenticationDisabled
        if ($null -eq $smtpOff) { $smtpOff = $smtpOffForAll }
        if ($smtpOff -and -not $ReadOnly) {
            if ($Fix -and $PSCmdlet.ShouldProcess($address, 'Switch authenticated SMTP on')) {
                Set-CASMailbox -Identity $address -SmtpClientAuthenticationDisabled $false -ErrorAction Stop
            }
            else { $left.Add('authenticated SMTP is off (-Fix)') }
        }

        if ($trustee) {
            $full = $false
            $sends = $false
            if ($trusteeExists) {
                $full = Get-MailboxPermission -Identity $address -User $trustee -ErrorAction Stop |
                    Where-Object -FilterScript { $_.AccessRights -contains 'FullAccess' -and -not $_.Deny }
                $sends = Get-RecipientPermission -Identity $address -Trustee $trustee -ErrorAction Stop |
                    Where-Object -FilterScript { $_.AccessRights -contains 'SendAs' -and $_.AccessControlType -ne 'Deny' }
            }
            if (-not $full) {
                if ($PSCmdlet.ShouldProcess($address, "Give FullAccess to $trustee")) {
                    # Without AutoMapping: Outlook shall not open the mailbox for the person by itself.
                    Add-MailboxPermission -Identity $address -User $trustee -AccessRights FullAccess -AutoMapping $false -ErrorAction Stop | Out-Null
                }
                else { $left.Add('FullAccess is missing') }
            }
            if (-not $sends -and -not $ReadOnly) {
                if ($PSCmdlet.ShouldProcess($address, "Give SendAs to $trustee")) {
                    Add-RecipientPermission -Identity $address -Trustee $trustee -AccessRights SendAs -Confirm:$false -ErrorAction Stop | Out-Null
                }
                else { $left.Add('SendAs is missing') }
            }
        }
    }
    catch {
        # One mailbox that is not there, or not ours to change, leaves the others as they would be.
        $left.Add($_.Exception.Message)
    }
    [pscustomobject]@{ Mailbox = $address; Ready = $left.Count -eq 0; Left = $left -join '; ' }
}

$results
if ($results.Ready -contains $false) { exit 1 }
