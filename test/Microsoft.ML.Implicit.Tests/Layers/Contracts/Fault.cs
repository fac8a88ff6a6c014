namespace Microsoft.ML.Implicit.Tests.Layers.Contracts;

/// <summary>What is wrong with a module.</summary>
public enum Fault
{
    None,
    Shape,
    Type,
    Null,
    Disposed,
    Detached,
    Throws,
    GradientIsNan,
    GradientShape,
    FreedGraph,
}
