namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>A value that belongs to its source, which changes it from row to row.</summary>
internal sealed class Tag
{
    public int Number { get; set; }
}
