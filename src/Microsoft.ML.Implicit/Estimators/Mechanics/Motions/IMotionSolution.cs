using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Motions through pieces that were solved.</summary>
internal interface IMotionSolution : IDisposable
{
    /// <summary>Farthest that a motion goes, in units: beyond it has blown up, and derivatives overflow before it does.</summary>
    const double Farthest = 1e6;

    /// <summary>States at the start and after each piece, [pieces + 1, rows, width], as long as this is not disposed of.</summary>
    Tensor States { get; }

    /// <summary>Rows that stayed within <see cref="Farthest"/>.</summary>
    IReadOnlyList<long> SoundRows { get; }

    /// <summary>Evaluations of the dynamics.</summary>
    int Evaluations { get; }

    /// <summary>Adds the parameters' gradient to what they have; all rows must be sound.</summary>
    /// <param name="cotangents">Those of <see cref="States"/>.</param>
    void Backward(Tensor cotangents);
}
