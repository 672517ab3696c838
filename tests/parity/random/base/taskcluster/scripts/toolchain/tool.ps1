Write-Output tool
