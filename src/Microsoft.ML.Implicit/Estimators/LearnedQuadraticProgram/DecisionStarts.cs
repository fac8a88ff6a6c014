using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The last solution of every row, from which its next solve sets out: from one epoch to the next it moves little.</summary>
internal sealed class DecisionStarts : IResumable
{
    private readonly QuadraticStart _last;

    /// <summary>Creates starts that are none yet, float64 on the CPU in the current dispose scope.</summary>
    public DecisionStarts(long rows, QuadraticBinding binding, LearnedQuadraticProgramOptions options)
    {
        _last = new QuadraticStart(
            None(binding.Variables),
            None(binding.Inequalities),
            None(binding.Equalities),
            options.LowerBounds is null ? null : None(binding.Variables),
            options.UpperBounds is null ? null : None(binding.Variables));

        Tensor None(int columns) => full([rows, columns], double.NaN.Held(), ScalarType.Float64);
    }

    /// <summary>Starts for the rows at the given int64 indices, in the current dispose scope.</summary>
    public QuadraticStart Of(Tensor rows) => _last.Select(rows);

    public void WriteState(BinaryWriter writer)
    {
        foreach (Tensor last in _last.Tensors)
        {
            StoredTensor.Write(writer, last);
        }
    }

    public void ReadState(BinaryReader reader)
    {
        foreach (Tensor last in _last.Tensors)
        {
            StoredTensor.Read(reader, "of the last solutions", last, mayBeMissing: true);
        }
    }

    /// <summary>Keeps the solutions of these rows.</summary>
    public void Keep(Tensor rows, QuadraticSolution solution)
    {
        foreach ((Tensor last, Tensor next) in _last.Tensors.Zip(solution.Start.Tensors))
        {
            last.index_copy_(0, rows, next.expand(rows.shape[0], next.shape[1]));
        }
    }
}
