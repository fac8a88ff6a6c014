namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>Buffers of one thread, which grow with the longest row.</summary>
/// <param name="width">Number of parameters.</param>
internal sealed class CurveWorkspace(int width)
{
    private double[] _jacobian = [];
    private double[] _residuals = [];
    private double[] _columns = [];
    private double[] _scales = [];
    private double[] _roots = [];

    public Span<double> Jacobian(int count) => Take(ref _jacobian, count * width);

    public Span<double> Residuals(int count) => Take(ref _residuals, count);

    public Span<double> Columns(int length) => Take(ref _columns, length);

    public Span<double> Scales(int count) => Take(ref _scales, count);

    public Span<double> Roots(int count) => Take(ref _roots, count);

    private static Span<double> Take(ref double[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new double[length];
        }

        return buffer.AsSpan(0, length);
    }
}
