namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>How many observed values of a variable lie within their bounds.</summary>
internal readonly record struct Coverage(int Inside, int Count)
{
    public double Share => Inside / (double)Count;

    public static Coverage operator +(Coverage a, Coverage b) => new(a.Inside + b.Inside, a.Count + b.Count);

    public static Coverage Parse(string text)
    {
        int[] parts = Array.ConvertAll(text.Split('/'), int.Parse);
        return new Coverage(parts[0], parts[1]);
    }

    public static Coverage Sum(IEnumerable<Coverage> parts) => parts.Aggregate((a, b) => a + b);

    public override string ToString() => $"{Inside}/{Count}";
}
