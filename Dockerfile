# The image of a worker and of the command line, for docker-compose.yml.
FROM python:3.13-slim
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --no-input --require-hashes -r requirements.lock
COPY . .
RUN pip install --no-cache-dir --no-input --no-deps --no-build-isolation -e . \
    && useradd --system --home-dir /var/lib/longhaul --create-home longhaul
USER longhaul
ENV PYTHONUNBUFFERED=1
CMD ["longhaul", "worker"]
