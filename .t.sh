cd /work/h5; /work/hbin/busy dotnet build OpenNetVM.Tests -c Release -v q --nologo 2>&1 | grep -E "error|warn" | sort -u | head -20
