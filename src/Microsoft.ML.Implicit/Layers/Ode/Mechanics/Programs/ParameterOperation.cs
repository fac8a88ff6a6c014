namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;

/// <summary>Parameters that are the same for all rows.</summary>
/// <param name="y">Where they are read.</param>
/// <param name="place">Place of the first parameter.</param>
internal sealed unsafe class ParameterOperation(Block y, int place) : RowOperation
{
    public override void Evaluate(double* values, double* parameters)
    {
        for (int i = 0; i < y.Width; i++)
        {
            new Span<double>(RowLanes.At(values, y[i]), RowLanes.Count).Fill(parameters[place + i]);
        }
    }

    public override void Pullback(double* values, double* cotangents, double* parameters, double* gradient)
    {
        for (int i = 0; i < y.Width; i++)
        {
            gradient[place + i] += RowLanes.Sum(cotangents, y[i]);
        }
    }
}
