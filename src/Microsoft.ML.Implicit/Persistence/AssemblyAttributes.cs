using System.Runtime.CompilerServices;

// ML.NET's component model (loading, saving, host environments) is internal to these assemblies, and so are the constructors of its linear models.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.StandardTrainers")]
