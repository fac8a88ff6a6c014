namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Two vectors of outputs of a matrix in panels.</summary>
/// <param name="low">Weights of the first outputs for the first input.</param>
/// <param name="high">Those of the second outputs.</param>
/// <param name="step">Floats from one input to the next.</param>
/// <param name="inputs">Number of inputs.</param>
/// <param name="distance">Outputs from the first of the first to the first of the second.</param>
internal readonly unsafe struct WeightPair(float* low, float* high, int step, int inputs, int distance)
{
    public readonly float* Low = low;
    public readonly float* High = high;
    public readonly int Step = step;
    public readonly int Inputs = inputs;
    public readonly int Distance = distance;
}
