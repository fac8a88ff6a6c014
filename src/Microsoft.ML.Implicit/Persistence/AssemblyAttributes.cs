using System.Runtime.CompilerServices;

// ML.NET's component model (loading, saving, host environments) is internal to these two assemblies.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
