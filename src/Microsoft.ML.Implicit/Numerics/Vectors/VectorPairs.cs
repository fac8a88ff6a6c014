namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Pairs of vectors, one for each input, which <see cref="PanelProducts"/> weighs by the inputs of rows.</summary>
/// <param name="first">Where offsets count from.</param>
/// <param name="offsets">Offset of the first vector of each pair.</param>
/// <param name="count">Number of pairs.</param>
/// <param name="apart">Floats from the first vector of a pair to the second.</param>
/// <param name="outputsApart">Floats from where the outputs of the first vector go to where those of the second go.</param>
internal readonly unsafe struct VectorPairs(float* first, int* offsets, int count, nint apart, int outputsApart)
{
    public readonly float* First = first;
    public readonly int* Offsets = offsets;
    public readonly int Count = count;
    public readonly nint Apart = apart;
    public readonly int OutputsApart = outputsApart;
}
