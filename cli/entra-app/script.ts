import { adminRole } from '../../src/lib/domain/admin-role.ts';
import type { WantedApplication } from './interface.ts';
import { permissionsFor, serviceList, services } from './permissions.ts';
import { audiences, tokenVersion } from './plan.ts';
import { consentRoles, namesOf, registerRoles } from './roles.ts';

/**
 * JSON in a PowerShell string of single quotes: one line of ASCII without a quote. PowerShell takes typographic quotes for
 * quotes, too, so that everything beyond ASCII is escaped.
 */
export const quotedJson = (value: unknown): string =>
  `'${JSON.stringify(value).replace(/[^\x20-\x7e]|'/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;

/** The input of the script; its own text is always the same. */
function wishesOf(wanted: WantedApplication): object {
  const { deployer, homeTenant, mailboxTenant } = wanted;
  // Consent and the dashboard belong to the tenant that holds the mailboxes.
  const isApart = homeTenant !== mailboxTenant;
  return {
    // By its domain it cannot be compared.
    tenant: /^[0-9a-f-]{36}$/i.test(homeTenant) ? homeTenant : '',
    uniqueName: wanted.deploymentId,
    owner: deployer?.objectId ?? '',
    administrator: deployer?.isPerson === true && !isApart ? deployer.objectId : '',
    consent: wanted.consent === 'tenant' && !isApart,
    roleId: adminRole.id,
    services: serviceList.map((service) => ({
      appId: services[service].appId,
      permissions: permissionsFor(wanted)
        .filter((one) => one.service === service)
        .map(({ type, value, id }) => ({ type, value, id })),
    })),
    application: {
      displayName: wanted.displayName,
      signInAudience: audiences[wanted.audience],
      api: { requestedAccessTokenVersion: tokenVersion },
      web: { redirectUris: wanted.redirectUris },
      appRoles: [{ ...adminRole, allowedMemberTypes: ['User'], isEnabled: true }],
    },
  };
}

/**
 * A script for PowerShell 5.1 and later with the Azure CLI (Cloud Shell has both). It registers the application, makes
 * the person who deploys its owner, so that they can add a credential, and consents; each only where it is missing. An
 * application of the same unique name stays as it is. Its last line is the client id. Pure.
 */
export const scriptOf = (
  wanted: WantedApplication,
): string => `# Registers the mail broker in Microsoft Entra, in the tenant ${wanted.homeTenant}.
# For someone with one of these roles there: ${namesOf(registerRoles).join(', ')};
# for tenant-wide consent as well: ${namesOf(consentRoles).join(', ')}.
# Paste all of it into Azure Cloud Shell (https://shell.azure.com, PowerShell). It can be run again. Its last line is the client id.
& {
    $ErrorActionPreference = 'Stop'
    $wanted = ConvertFrom-Json -InputObject ${quotedJson(wishesOf(wanted))}

    $answer = (az account get-access-token --resource https://graph.microsoft.com/ --output json) -join ''
    if (-not $answer) { throw 'Log in first: az login' }
    $token = ConvertFrom-Json -InputObject $answer
    if ($wanted.tenant -and $token.tenant -ne $wanted.tenant) {
        throw "You are logged in to the tenant $($token.tenant). Run this first: az login --tenant $($wanted.tenant) --allow-no-subscriptions"
    }

    # Retry: until what was made a moment ago is known everywhere. Create: makes what is not there. Maybe: nothing for 404.
    $spreading = 'does not exist|does not reference|in the local tenant|valid reference update|was not found on application'
    function Send-Graph {
        param([string] $Method, [string] $Path, $Body, [switch] $Retry, [switch] $Create, [switch] $Maybe)
        $call = @{
            Method  = $Method
            Uri     = "https://graph.microsoft.com/v1.0$Path"
            Headers = @{ Authorization = "Bearer $($token.accessToken)" }
        }
        if ($Create) { $call.Headers.Prefer = 'create-if-missing' }
        if ($Body) {
            $call.Body = [System.Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $Body -Depth 10 -Compress))
            $call.ContentType = 'application/json'
        }
        for ($try = 1; ; $try++) {
            try { return Invoke-RestMethod @call }
            catch {
                $status = [int] $_.Exception.Response.StatusCode
                if ($Maybe -and $status -eq 404) { return $null }
                $waits = $status -eq 404 -or [string] $_.ErrorDetails.Message -match $spreading
                if (-not $Retry -or -not $waits -or $try -eq 60) { throw }
                if ($try -eq 1) { Write-Host 'Waiting until Entra knows the new application everywhere' }
                Start-Sleep -Seconds 10
            }
        }
    }

    # Ids by their names, in what each service itself publishes; those that are known where the tenant does not have it.
    $resources = @(foreach ($service in $wanted.services) {
            $principal = Send-Graph -Method GET -Path "/servicePrincipals(appId='$($service.appId)')" -Maybe
            $access = @(foreach ($permission in $service.permissions) {
                    $id = $permission.id
                    if ($principal) {
                        $offered = if ($permission.type -eq 'Scope') { $principal.oauth2PermissionScopes } else { $principal.appRoles }
                        $id = ($offered | Where-Object -Property value -EQ -Value $permission.value).id
                        if (-not $id) { throw "$($principal.displayName) does not offer $($permission.value)" }
                    }
                    @{ id = $id; type = $permission.type }
                })
            $scopes = @($service.permissions | Where-Object -Property type -EQ -Value 'Scope').value
            [pscustomobject]@{ Id = $principal.id; AppId = $service.appId; Scopes = $scopes; Access = $access }
        })

    # Found by a name that Entra keeps unique, never by the display name.
    $path = "/applications(uniqueName='$($wanted.uniqueName)')"
    $application = Send-Graph -Method GET -Path $path -Maybe
    if (-not $application) {
        $body = $wanted.application
        $access = @(foreach ($resource in $resources) { @{ resourceAppId = $resource.AppId; resourceAccess = $resource.Access } })
        Add-Member -InputObject $body -NotePropertyName requiredResourceAccess -NotePropertyValue $access
        Send-Graph -Method PATCH -Path $path -Body $body -Create | Out-Null
        $application = Send-Graph -Method GET -Path $path -Retry
    }

    $path = "/servicePrincipals(appId='$($application.appId)')"
    $principal = Send-Graph -Method GET -Path $path -Maybe
    if (-not $principal) {
        Send-Graph -Method PATCH -Path $path -Body @{ tags = @('WindowsAzureActiveDirectoryIntegratedApp') } -Create -Retry | Out-Null
        $principal = Send-Graph -Method GET -Path $path -Retry
    }

    # An owner may add a credential and change redirect URIs, without any role in the directory.
    if ($wanted.owner) {
        $owners = (Send-Graph -Method GET -Path "/applications/$($application.id)/owners" -Retry).value.id
        if ($owners -notcontains $wanted.owner) {
            $body = @{ '@odata.id' = "https://graph.microsoft.com/v1.0/directoryObjects/$($wanted.owner)" }
            Send-Graph -Method POST -Path "/applications/$($application.id)/owners/\`$ref" -Body $body -Retry | Out-Null
        }
    }
    # What wants a right of its own. Without it the application is there all the same, and the deploy says what is left.
    try {
        # Opens the dashboard.
        if ($wanted.administrator) {
            $assigned = (Send-Graph -Method GET -Path "/servicePrincipals/$($principal.id)/appRoleAssignedTo" -Retry).value
            if ($assigned.appRoleId -notcontains $wanted.roleId) {
                $body = @{ principalId = $wanted.administrator; resourceId = $principal.id; appRoleId = $wanted.roleId }
                Send-Graph -Method POST -Path "/servicePrincipals/$($principal.id)/appRoleAssignedTo" -Body $body -Retry | Out-Null
            }
        }

        # For everybody in the tenant, beside what was consented to before.
        if ($wanted.consent) {
            $grants = (Send-Graph -Method GET -Path "/servicePrincipals/$($principal.id)/oauth2PermissionGrants" -Retry).value
            $assigned = (Send-Graph -Method GET -Path "/servicePrincipals/$($principal.id)/appRoleAssignments" -Retry).value
            foreach ($resource in $resources) {
                $grant = $grants | Where-Object -FilterScript { $_.resourceId -eq $resource.Id -and $_.consentType -eq 'AllPrincipals' }
                $scopes = @($grant.scope -split ' ') + @($resource.Scopes) | Where-Object -FilterScript { $_ } | Select-Object -Unique
                $body = @{ scope = $scopes -join ' ' }
                if ($grant) {
                    Send-Graph -Method PATCH -Path "/oauth2PermissionGrants/$($grant.id)" -Body $body -Retry | Out-Null
                }
                else {
                    $body += @{ clientId = $principal.id; consentType = 'AllPrincipals'; resourceId = $resource.Id }
                    Send-Graph -Method POST -Path '/oauth2PermissionGrants' -Body $body -Retry | Out-Null
                }
                foreach ($role in $resource.Access | Where-Object -FilterScript { $_.type -eq 'Role' }) {
                    if ($assigned.appRoleId -contains $role.id) { continue }
                    $body = @{ principalId = $principal.id; resourceId = $resource.Id; appRoleId = $role.id }
                    Send-Graph -Method POST -Path "/servicePrincipals/$($resource.Id)/appRoleAssignedTo" -Body $body -Retry | Out-Null
                }
            }
        }
    }
    catch { Write-Warning "Dashboard or consent are left to somebody with more rights: $($_.Exception.Message)" }

    $application.appId
}
`;
