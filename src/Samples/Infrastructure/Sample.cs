namespace Microsoft.ML.Implicit.Samples;

/// <summary>A scenario that can be run by name.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Description">One line for the list.</param>
/// <param name="Run">Runs it.</param>
internal sealed record Sample(string Name, string Description, Action<SampleSettings> Run);
