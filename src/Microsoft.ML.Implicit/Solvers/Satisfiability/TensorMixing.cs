using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The sweeps as tensor operations, for any floating-point type and device.</summary>
internal static class TensorMixing
{
    public static MixingOutcome Run(MixingSystem system, MixingSettings settings, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor norms = system.Adjoint?.Norms ?? zeros([system.Rows, system.Variables], system.Vectors.dtype, system.Vectors.device);
        Tensor isOpen = system.IsFree.any(1, keepdim: true);
        Tensor readings = zeros([system.Rows, 2], ScalarType.Float64, system.Vectors.device);
        int[] variables = [.. Enumerable.Range(0, system.Variables).Where(variable => system.IsFree.select(1, variable).any().item<bool>())];
        for (int sweep = 0; sweep < settings.MaximumSweeps && isOpen.any().item<bool>(); sweep++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope sweepScope = NewDisposeScope();
            Tensor change = zeros([system.Rows, 1], ScalarType.Float64, system.Vectors.device), size = zeros_like(change);
            foreach (int variable in variables)
            {
                using DisposeScope variableScope = NewDisposeScope();
                Tensor moves = system.IsFree.narrow(1, variable, 1).logical_and(isOpen);
                Tensor old = system.Vectors.select(1, variable);
                Tensor g = system.Vectors.transpose(1, 2).matmul(system.Products[variable]);
                Tensor norm = norms.narrow(1, variable, 1);
                Tensor updated;
                if (system.Adjoint is { } adjoint)
                {
                    Tensor v = adjoint.Solution.select(1, variable), right = adjoint.RightSide.select(1, variable) - g;
                    updated = (right - (v * (right * v).sum(1, keepdim: true))) / norm;
                }
                else
                {
                    norm.copy_(where(moves, g.norm(1, keepdim: true), norm));
                    updated = g.neg() / norm;
                }

                // What no other variable holds stays where it is.
                updated = where(moves.logical_and(norm.ne(0.Held())), updated, old);
                Tensor step = updated - old;
                old.copy_(updated);
                Tensor weight = where(moves, norm, zeros_like(norm)).to(ScalarType.Float64);
                change.PlusInPlace(weight * step.to(ScalarType.Float64).Squared().sum(1, keepdim: true));
                size.PlusInPlace(weight * updated.to(ScalarType.Float64).Squared().sum(1, keepdim: true));
            }

            Tensor relative = where(size.eq(0.Held()), zeros_like(change), change / size);
            readings.copy_(where(isOpen, cat([full_like(relative, (sweep + 1.0).Held()), relative], 1), readings));
            isOpen.logical_and_(relative.le(settings.Tolerance.Held()).logical_not());
        }

        return new MixingOutcome(system.Adjoint is null ? norms.MoveToOuterDisposeScope() : norms, readings.MoveToOuterDisposeScope());
    }
}
