using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary><see cref="PerceptronFlowTerm"/> on tiles in managed memory.</summary>
internal sealed unsafe class ManagedEuclideanFlow(PerceptronFlowTerm term) : ManagedFlow(term, normals: 0)
{
    public override int ScratchLength => Math.Max(RecordLength, Sweep.ScratchLength);

    public override int RecordLength => Sweep.RecordLength;

    public override void EvaluateAndRecord(int slot, int tile, float* point, float* slope, float* record)
    {
        float** directions = stackalloc float*[Directions.Length];
        FindDirections(tile, directions);
        Sweep.Evaluate(slot, tile, point, directions, record);
        new ReadOnlySpan<float>(Sweep.Value(record), Length).CopyTo(new Span<float>(slope, Length));
        ClearIntegrals(slope);
        if (Integrands.Divergence)
        {
            Sweep.AddTrace(record, Divergence(slope));
        }

        if (Integrands.KineticPenalty > 0)
        {
            TileProducts.AddDot(slope, slope, Length, (float)Integrands.KineticPenalty, Penalty(slope));
        }

        for (int k = 0; k < Directions.Length; k++)
        {
            float* product = Sweep.Tangent(record, k);
            if (EstimatesTrace)
            {
                TileProducts.AddDot(product, directions[k], Length, 1, Divergence(slope));
            }

            if (Integrands.JacobianPenalty > 0)
            {
                TileProducts.AddDot(product, product, Length, (float)Integrands.JacobianPenalty, Penalty(slope));
            }
        }
    }

    public override void Pullback(int slot, int tile, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch)
    {
        float** directions = stackalloc float*[Directions.Length];
        FindDirections(tile, directions);
        float* value = ManagedFlowSweep.ValueCotangent(scratch);
        new ReadOnlySpan<float>(cotangent, Length).CopyTo(new Span<float>(value, Length));
        if (Integrands.KineticPenalty > 0)
        {
            TileProducts.AddScaled(Penalty(cotangent), 2 * (float)Integrands.KineticPenalty, Sweep.Value(record), Length, value);
        }

        for (int k = 0; k < Directions.Length; k++)
        {
            float* product = Sweep.TangentCotangent(scratch, k);
            new Span<float>(product, Length).Clear();
            if (EstimatesTrace)
            {
                TileProducts.AddScaled(Divergence(cotangent), 1, directions[k], Length, product);
            }

            if (Integrands.JacobianPenalty > 0)
            {
                TileProducts.AddScaled(Penalty(cotangent), 2 * (float)Integrands.JacobianPenalty, Sweep.Tangent(record, k), Length, product);
            }
        }

        Sweep.Pullback(slot, tile, point, directions, record, Divergence(cotangent), stateCotangent, null, gradient, scratch);
        ClearIntegrals(stateCotangent);
    }

    private void FindDirections(int tile, float** directions)
    {
        for (int k = 0; k < Directions.Length; k++)
        {
            directions[k] = Directions[k].At(tile);
        }
    }
}
