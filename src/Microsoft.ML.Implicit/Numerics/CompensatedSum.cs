namespace Microsoft.ML.Implicit.Numerics;

/// <summary>A sum of numbers and of products in twice the working precision (Ogita, Rump and Oishi, "Accurate sum and dot product", 2005, algorithm 5.3).</summary>
internal struct CompensatedSum
{
    private double _sum;
    private double _error;

    public readonly double Value => _sum + _error;

    public void Add(double value)
    {
        double sum = _sum + value, taken = sum - _sum;
        _error += (_sum - (sum - taken)) + (value - taken);
        _sum = sum;
    }

    public void AddProduct(double x, double y)
    {
        double product = x * y;
        Add(product);
        _error += Math.FusedMultiplyAdd(x, y, -product);
    }
}
