namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary><see cref="PerceptronTerm"/> on tiles in managed memory.</summary>
internal sealed unsafe class ManagedPerceptron(PerceptronTerm term) : ManagedAugmentedDynamics(term, otherTangents: 0)
{
    // The way back from ‖f‖² needs f, which is kept behind the record of the sweep.
    private readonly bool _keepsValue = term.Integrands.Columns.Any(column => column.KineticEnergy > 0);

    public override int ScratchLength => Math.Max(RecordLength, Sweep.ScratchLength);

    public override int RecordLength => Sweep.RecordLength + (_keepsValue ? Length : 0);

    public override void EvaluateAndRecord(int slot, int tile, float* point, float* slope, float* record)
    {
        float** directions = stackalloc float*[Directions.Length];
        FindDirections(tile, directions);
        Sweep.Evaluate(slot, tile, point, directions, record, slope);
        ClearIntegrals(slope);
        Sweep.AddTrace(record, Divergence(slope));
        if (_keepsValue)
        {
            new ReadOnlySpan<float>(slope, Length).CopyTo(new Span<float>(record + Sweep.RecordLength, Length));
            AddSquares(KineticEnergy, slope, slope);
        }

        for (int k = 0; k < Directions.Length; k++)
        {
            AddProduct(tile, k, Sweep.Tangent(record, k), slope);
        }
    }

    public override void Pullback(int slot, int tile, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch)
    {
        float** directions = stackalloc float*[Directions.Length];
        FindDirections(tile, directions);
        float* value = ManagedPerceptronSweep.ValueCotangent(scratch);
        new ReadOnlySpan<float>(cotangent, Length).CopyTo(new Span<float>(value, Length));
        AddCotangentOfSquares(KineticEnergy, cotangent, record + Sweep.RecordLength, value);
        for (int k = 0; k < Directions.Length; k++)
        {
            SetProductCotangent(tile, k, cotangent, Sweep.Tangent(record, k), Sweep.TangentCotangent(scratch, k));
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
