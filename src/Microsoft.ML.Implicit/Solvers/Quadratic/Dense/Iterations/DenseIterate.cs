using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>Primal and dual variables of one row in normal units, or a step in them.</summary>
internal sealed unsafe class DenseIterate
{
    private readonly ConstraintLayout _layout;
    private readonly PinnedBuffer _buffer;

    public DenseIterate(ConstraintLayout layout)
    {
        _layout = layout;
        _buffer = new PinnedBuffer(layout.Variables + layout.PaddedEqualities + (2 * layout.Length));
        Z = _buffer.Take(layout.Variables);
        Nu = _buffer.Take(layout.PaddedEqualities);
        S = _buffer.Take(layout.Length);
        Lambda = _buffer.Take(layout.Length);
    }

    public double* Z { get; }

    public double* Nu { get; }

    public double* S { get; }

    public double* Lambda { get; }

    public void CopyFrom(DenseIterate other)
    {
        Vectors.Copy(other.Z, Z, _layout.Variables);
        Vectors.Copy(other.Nu, Nu, _layout.PaddedEqualities);
        Vectors.Copy(other.S, S, _layout.Length);
        Vectors.Copy(other.Lambda, Lambda, _layout.Length);
    }

    /// <summary>Adds <paramref name="length"/> times a step.</summary>
    public void Advance(DenseIterate step, double length)
    {
        Vectors.Add(step.Z, length, Z, _layout.Variables);
        Vectors.Add(step.Nu, length, Nu, _layout.PaddedEqualities);
        Vectors.Add(step.S, length, S, _layout.Length);
        Vectors.Add(step.Lambda, length, Lambda, _layout.Length);
    }

    /// <summary>Largest step, at most 1, that keeps slacks and multipliers nonnegative.</summary>
    public double StepToBoundary(DenseIterate step) =>
        Math.Min(1, Math.Min(Vectors.StepToBoundary(S, step.S, _layout.Length), Vectors.StepToBoundary(Lambda, step.Lambda, _layout.Length)));

    /// <summary>Whether every constraint is clearly held or clearly not, see <see cref="Complementarity"/>.</summary>
    public bool IsSeparated()
    {
        for (int i = 0; i < _layout.Length; i++)
        {
            if (Math.Min(S[i], Lambda[i]) > Complementarity.Separation * Math.Max(S[i], Lambda[i]))
            {
                return false;
            }
        }

        return true;
    }
}
